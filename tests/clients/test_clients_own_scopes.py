"""Scopes of a client's own, and audiences: what may be registered (RFC 6749 3.3, RFC 9068 3)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from idp.clients.model import Client
from idp.clients.registration import BadClient, client_from
from idp.policy.model import ClientEntry

SECRET = "0" * 64


def registered(**more: Any) -> Client:
    entry = {
        "client_name": "みほん",
        "redirect_uris": [],
        "token_endpoint_auth_method": "client_secret_basic",
        "client_secret_sha256": SECRET,
        "grant_types": ["client_credentials"],
        "scope": "",
        "first_party": False,
    } | more
    return client_from("checked", msgspec.convert(entry, ClientEntry), "test")


def test_own_scopes_stand_apart_from_those_a_member_is_asked_for() -> None:
    """Row 15: the authorization endpoint never sees them."""
    made = registered(scope="openid register:read scim:read")
    assert made.scopes == {"openid"}
    assert made.resource_scopes == {"register:read", "scim:read"}


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({"scope": "memberchange"}, "is not offered"),
        ({"scope": "Member:change"}, "is not offered"),
        ({"scope": 'member:ch"ange'}, "is not offered"),
        ({"scope": "member:"}, "is not offered"),
        ({"scope": "a:" + "b" * 33}, "is not offered"),
        (
            {
                "scope": "register:read",
                "grant_types": ["authorization_code"],
                "redirect_uris": ["https://a.example/"],
            },
            "client_credentials",
        ),
        ({"scope": " ".join(f"s:{n}" for n in range(200))}, "at most 400"),
        ({"access_token_audience": ["has space"]}, "access_token_audience"),
        ({"access_token_audience": ["a"] * 11}, "access_token_audience"),
        ({"access_token_audience": [""]}, "access_token_audience"),
        (
            {"token_endpoint_auth_method": "none", "client_secret_sha256": None},
            "client_credentials needs a credential",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_registered(entry: dict[str, Any], word: str) -> None:
    """Rows 15, 64, 88."""
    with pytest.raises(BadClient, match=word):
        registered(**entry)
