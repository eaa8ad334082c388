"""What tests of change requests share: a client that may file, the portal's form, a clerk."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.flows.deployment import Deployment
from tests.flows.journey import signed_in, tokens_for
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import Browser, Client, hidden_fields

NEW_NAME = {
    "family_name": "髙﨑",
    "given_name": "太郎",
    "family_kana": "タカサキ",
    "given_kana": "タロウ",
}
NEW_PHONE = {"phone_number": "０３−１２３４−５６７８"}
MEMBERS = Path(__file__).parents[2] / "demo" / "members.csv"
PROBLEM = "application/problem+json"


def problem(answer: requests.Response, status: int, name: str) -> dict[str, Any]:
    """Check a problem details response (RFC 9457 3)."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.headers["Cache-Control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:kumiai:problem:{name}"
    assert body["status"] == status
    assert body["title"]
    return body


@dataclass
class Filer:
    """A member at a client that may file requests."""

    demo: Demo
    client: Client
    token: str

    @property
    def url(self) -> str:
        return self.demo.issuer + "/member/changes"

    def send(
        self, method: str, path: str = "", body: bytes | None = None, **headers: str
    ) -> requests.Response:
        sent = self.client.presenting(self.token, method, self.url + path)
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(method, self.url + path, data=body, headers=sent, timeout=30)

    def file(self, kind: str, wanted: dict[str, Any], **headers: str) -> requests.Response:
        return self.send(
            "POST", body=json.dumps({"kind": kind, "wanted": wanted}).encode(), **headers
        )

    def listed(self) -> list[dict[str, Any]]:
        answer = self.send("GET")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["changes"])


def filer(demo: Demo, index: int = 0, name: str = "filing") -> Filer:
    """Sign a member in at a client that asks for the scope."""
    client = party(demo, name)
    tokens = tokens_for(signed_in(demo, index), client, scope="openid profile member:change")
    return Filer(demo, client, tokens["access_token"])


def clerk(demo: Demo, *arguments: str) -> Any:
    """Run a command of the clerk; answers its JSON."""
    return json.loads(commands(demo).must("member", *arguments, "--format", "json"))


def commands(demo: Demo) -> Deployment:
    """Give the command line of a demo, without starting Python anew for each command."""
    return Deployment(demo.data, {"data": str(demo.data)})


def enter_portal(demo: Demo, member: dict[str, str], browser: Browser | None = None) -> Browser:
    """Sign a member in at the portal, through the provider's pages where it asks."""
    portal = Browser(demo.facts["portal"], browser.http if browser else requests.Session())
    response = portal.get("/sign-in")
    for _ in range(8):
        if 'id="sign-in"' in response.text and "password" in response.text:
            provider = Browser(demo.issuer, portal.http)
            response = provider.sign_in(member["email"], member["password"], response)
        if "Location" not in response.headers:
            break
        response = portal.get(requests.compat.urljoin(response.url, response.headers["Location"]))  # type: ignore[attr-defined]
    assert member["number"] in portal.get("/").text
    return portal


def send_change(portal: Browser, kind: str, typed: dict[str, str]) -> requests.Response:
    """Fill in the portal's form for a kind, send it, and follow to the page after it."""
    page = portal.get(f"/changes/{kind}")
    assert 'id="change-request"' in page.text
    answer = portal.post(f"/changes/{kind}", own_fields(page.text, "change-request") | typed)
    if answer.status_code == 303:
        return portal.get(answer.headers["Location"])
    return answer


def own_fields(page: str, form_id: str) -> dict[str, str]:
    """Read the hidden fields of one form of a page."""
    found = re.search(rf'<form id="{form_id}".*?</form>', page, re.DOTALL)
    assert found
    return hidden_fields(found.group())


def mails_to(demo: Demo, address: str) -> list[dict[str, Any]]:
    """Read what came for an address, newest first."""
    found = requests.get(demo.facts["mail"] + "/messages", timeout=30).json()
    return [mail for mail in found if mail["to"] == address]


def told_by_core(number: str, **changes: str) -> bytes:
    """Write the file of the core system for one member, with something new."""
    rows = list(csv.DictReader(io.StringIO(MEMBERS.read_text("utf-8-sig"))))
    (row,) = [one for one in rows if one["組合員番号"] == number]
    out = io.StringIO()
    written = csv.DictWriter(out, list(row))
    written.writeheader()
    written.writerow(row | changes)
    return out.getvalue().encode()
