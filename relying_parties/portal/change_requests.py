"""Change requests at the provider: the resource `/member/changes`, with the member's access token.

The provider decides what is acceptable; its problem details (RFC 9457) are shown to the member as
they come, in the member's language. What it answers is read defensively all the same.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from requests import RequestException, Response

from .errors import ProviderUnavailable, Refused, end_reason
from .outgoing import TIMEOUT, ResolvingAdapter, plain_session
from .relying_party import why_refused
from .settings import Settings

KINDS: Final = ("name", "address", "phone")
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("family_name", "given_name", "family_kana", "given_kana", "name_in_use"),
    "address": ("postal_code", "region", "locality", "street_address"),
    "phone": ("phone_number",),
}
STATES: Final = ("open", "approved", "refused", "withdrawn")


@dataclass(frozen=True)
class Change:
    """One request as the provider shows it."""

    id: str
    kind: str
    state: str
    wanted: Mapping[str, str]
    filed_at: int
    due_on: date
    effective_on: date | None
    reason: str


@dataclass(frozen=True)
class Rejected:
    """The provider did not take it: what it says, and what it says of single fields."""

    title: str
    detail: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class ChangeRequests:
    """Files, lists and takes back. Every method raises ProviderUnavailable on an outage."""

    settings: Settings
    adapter: ResolvingAdapter

    def list(self, access_token: str) -> list[Change] | Refused:
        """Return the member's requests, newest first."""
        response = self._send("GET", "", access_token)
        if refused := _refused(response):
            return refused
        listed = _body(response).get("changes")
        if response.status_code != 200 or not isinstance(listed, list):
            raise ProviderUnavailable(f"the list of changes answered {response.status_code}")
        return [change for item in listed if (change := _read(item))]

    def file(
        self, access_token: str, kind: str, wanted: Mapping[str, str], key: str, language: str
    ) -> Change | Rejected | Refused:
        """File a request; the same key files it once."""
        content = {"kind": kind, "wanted": dict(wanted)}
        headers = {"Idempotency-Key": key, "Accept-Language": language}
        response = self._send("POST", "", access_token, headers, content)
        if refused := _refused(response):
            return refused
        change = _read(_body(response)) if response.status_code == 201 else None
        return change or _rejected(response)

    def withdraw(
        self, access_token: str, change_id: str, language: str
    ) -> Rejected | Refused | None:
        """Take a request back; None when that is done."""
        headers = {"Accept-Language": language}
        response = self._send("DELETE", f"/{change_id}", access_token, headers)
        if refused := _refused(response):
            return refused
        return None if response.status_code == 204 else _rejected(response)

    def _send(
        self,
        method: str,
        path: str,
        access_token: str,
        headers: Mapping[str, str] | None = None,
        content: object = None,
    ) -> Response:
        url = f"{self.settings.issuer.rstrip('/')}/member/changes{path}"
        bearer = {"Authorization": f"Bearer {access_token}", **(headers or {})}
        try:
            session = plain_session(self.adapter, self.settings.ca)
            return session.request(method, url, headers=bearer, json=content, timeout=TIMEOUT)
        except RequestException as error:
            raise ProviderUnavailable(f"change requests: {error}") from error


def _refused(response: Response) -> Refused | None:
    if response.status_code == 401:
        return Refused(end_reason(why_refused(response)))
    # A session from before the portal asked for this scope: signing in again gives it.
    return Refused("signed_out") if response.status_code == 403 else None


def _rejected(response: Response) -> Rejected:
    body = _body(response)
    title, detail = body.get("title"), body.get("detail")
    if not 400 <= response.status_code < 500 or not isinstance(title, str):
        raise ProviderUnavailable(f"a change request answered {response.status_code}")
    listed = body.get("errors")
    fields = {
        item["field"]: item["detail"]
        for item in (listed if isinstance(listed, list) else [])
        if isinstance(item, dict)
        and isinstance(item.get("field"), str)
        and isinstance(item.get("detail"), str)
    }
    return Rejected(title, detail if isinstance(detail, str) else "", fields)


def _body(response: Response) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        body = response.json()
        if isinstance(body, dict):
            return body
    return {}


def _read(item: object) -> Change | None:
    """Read one request; None for what is none, or of a kind that came after this portal."""
    if not isinstance(item, dict) or item.get("kind") not in KINDS:
        return None
    wanted, effective = item.get("wanted"), item.get("effective_on")
    if item.get("state") not in STATES or not isinstance(wanted, dict):
        return None
    try:
        return Change(
            id=str(item["id"]),
            kind=str(item["kind"]),
            state=str(item["state"]),
            wanted={name: str(wanted.get(name, "")) for name in FIELDS[str(item["kind"])]},
            filed_at=int(datetime.fromisoformat(str(item["filed_at"])).timestamp()),
            due_on=date.fromisoformat(str(item["due_on"])),
            effective_on=date.fromisoformat(str(effective)) if effective else None,
            reason=str(item.get("reason") or ""),
        )
    except (KeyError, ValueError):
        return None
