"""What discovery lists is mounted, and what is mounted for machines is listed."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask

from idp.oidc.door import FrontDoor
from tests.architecture.conftest import ISSUER

WELL_KNOWN = "/.well-known/openid-configuration"
SAME = "/.well-known/oauth-authorization-server"
UNLISTED = {
    "/admin/v1",
    "/admin/v1/",
    "/member/changes",
    "/member/changes/",
    "/scim/v2/",
    WELL_KNOWN,
    SAME,
    "/healthz",
    "/readyz",
}
"""Machine endpoints that no metadata parameter exists for."""

PEOPLE_ENDPOINTS = {"/authorize", "/end_session"}


def call(
    application: FrontDoor, method: str, path: str, form: dict[str, str] | None = None
) -> tuple[int, Any]:
    """Send one request to the WSGI callable; answers status and JSON."""
    body = urlencode(form or {}).encode()
    answered: list[str] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    chunks = application(environ, lambda status, _headers: answered.append(status))
    return int(answered[0][:3]), json.loads(b"".join(chunks))


@pytest.fixture(scope="module")
def listed(application: FrontDoor) -> dict[str, Any]:
    """The discovery document."""
    status, content = call(application, "GET", WELL_KNOWN)
    assert status == 200
    document: dict[str, Any] = content
    return document


def flask_rules(application: FrontDoor) -> set[str]:
    """List the paths that Flask has mounted."""
    app: Any = application.pages
    while not isinstance(app, Flask):  # a door may stand before it
        app = getattr(app, "__self__", None) or app.inside
    return {rule.rule for rule in app.url_map.iter_rules()}


def listed_paths(listed: dict[str, Any]) -> set[str]:
    """List the paths that discovery names."""
    named = [listed[key] for key in listed if key.endswith("_endpoint") or key == "jwks_uri"]
    assert all(url.startswith(ISSUER + "/") for url in named)
    return {urlsplit(url).path for url in named}


def test_every_listed_endpoint_is_mounted(application: FrontDoor, listed: dict[str, Any]) -> None:
    assert listed_paths(listed) <= set(application.machines) | flask_rules(application)


def test_every_mounted_protocol_endpoint_is_listed(
    application: FrontDoor, listed: dict[str, Any]
) -> None:
    mounted = set(application.machines) | (PEOPLE_ENDPOINTS & flask_rules(application))
    assert mounted - UNLISTED == listed_paths(listed)


def test_no_path_has_two_doors(application: FrontDoor) -> None:
    assert set(application.machines) & flask_rules(application) == set()


def test_both_documents_say_the_same(application: FrontDoor, listed: dict[str, Any]) -> None:
    assert call(application, "GET", SAME) == (200, listed)


@pytest.mark.parametrize(
    ("grant_type", "supported"),
    [
        ("authorization_code", True),
        ("refresh_token", True),
        ("password", False),
        ("implicit", False),
        ("client_credentials", True),
        ("urn:ietf:params:oauth:grant-type:device_code", False),
    ],
)
def test_listed_grant_types_are_known_and_others_are_not(
    application: FrontDoor, listed: dict[str, Any], grant_type: str, supported: bool
) -> None:
    _, content = call(application, "POST", "/token", {"grant_type": grant_type})
    assert (grant_type in listed["grant_types_supported"]) is supported
    # A grant type that is known goes on to ask who the client is.
    assert content["error"] == ("invalid_client" if supported else "unsupported_grant_type")


def test_the_keys_listed_are_of_the_algorithms_offered(
    application: FrontDoor, listed: dict[str, Any]
) -> None:
    _, jwks = call(application, "GET", "/jwks")
    offered = set(listed["id_token_signing_alg_values_supported"])
    assert {key["alg"] for key in jwks["keys"]} == offered
    assert not [key for key in jwks["keys"] if set(key) & {"d", "p", "q", "dp", "dq", "qi", "k"}]
