"""What others expect of a SCIM service: scim2-client discovers it, scim2-tester checks it.

The tester fills attributes with random text, which a register must refuse. Here it is given values
that the attributes can have; what it tests about them is its own. It expects that what was made can
be deleted: a member cannot. It changes every attribute alone: a given name and its reading go
together, and an address comes back as it is written in Japan. These things alone it may find.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests
import scim2_tester.filling
from scim2_client import BaseSyncSCIMClient
from scim2_tester import Status, check_server

from tests.provisioning.scim import Core, new_number

VALUES: dict[str, Any] = {
    "birthdate": "1984-05-12",
    "employment": "working",
    "familynamekana": "ミホン",
    "givennamekana": "タロウ",
    "nameinuse": "みほん",
    "workplace": "みほん第二小学校",
    "name.familyname": "見本",
    "name.givenname": "太郎",
    "region": "東京都",
    "locality": "架空市",
    "postalcode": "000-0000",
    "country": "JP",
    "emails.value": "a@mihon.example",
    "phonenumbers.value": "+819000000101",
    "type": "home",
}


EXPECTED = (
    "a member is never deleted",
    "must both stand, or neither",
    "for 'addresses'",
    "primary=False",  # there is one at most, and it comes back as the primary one
)


class Client(BaseSyncSCIMClient):
    """scim2-client over requests: none of its own engines is installed here."""

    def __init__(self, core: Core) -> None:
        super().__init__()
        self.core = core

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return not endpoint.startswith("http") or endpoint.startswith(self.core.base)

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        """Send one request; what was answered is what is checked."""
        address = url if url.startswith("http") else f"{self.core.base}/{url.lstrip('/')}"
        kwargs.setdefault("headers", {})
        kwargs["headers"] |= {"Authorization": f"Bearer {self.core.token}"}
        return requests.request(method, address, timeout=60, **kwargs)


def fitting(path: Any) -> Any:
    """Give a value that an attribute can have."""
    text = str(path).lower().rpartition(":")[2]
    if text == "value":
        holder = path.resolve().target_model.__name__.lower()
        return VALUES["emails.value" if "mail" in holder else "phonenumbers.value"]
    if text == "username":
        return new_number()
    for name, value in VALUES.items():
        if text == name or text.endswith("." + name):
            return value
    if text.endswith("on"):
        return "2199-04-01" if text == "effectiveon" else "2004-04-30"
    return None


def test_the_tester_finds_nothing_but_that_members_stay(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scim2_tester.filling, "get_random_example_value", fitting)
    results = check_server(Client(core))
    bad = [
        f"{result.title}: {result.reason}"
        for result in results
        if result.status in (Status.ERROR, Status.CRITICAL)
    ]
    assert len(results) > 50
    assert [text for text in bad if not any(known in text for known in EXPECTED)] == []
