"""A browser of the staff, signed in with password and code over HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin

import requests

from tests.support.demo import Demo
from tests.support.staff import code

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_PROGRESS = re.compile(r'name="progress" value="([^"]+)"')


@dataclass
class StaffBrowser:
    """One browser of somebody of the demo's staff."""

    demo: Demo
    role: str
    session: requests.Session = field(default_factory=requests.Session)

    def sign_in(self) -> StaffBrowser:
        """Sign in."""
        person = next(one for one in self.demo.facts["staff_accounts"] if self.role in one["roles"])
        page = self.get("/staff/sign-in")
        step = self.post(
            "/staff/sign-in",
            csrf_token=_value(_TOKEN, page),
            next="/staff",
            username=person["email"],
            password=person["password"],
        )
        # By the demo's clock, and never one that was used.
        typed = code(self.demo, person["totp_secret"])
        values = {"csrf_token": _value(_TOKEN, step), "progress": _value(_PROGRESS, step)}
        home = self.post("/staff/verify", code=typed, **values)
        assert home.url.endswith("/staff"), home.text
        return self

    def get(self, path: str, **query: str) -> requests.Response:
        """Open a page."""
        url = urljoin(self.demo.issuer, path)
        return self.session.get(url, params=query, timeout=20)

    def post(self, path: str, **form: str) -> requests.Response:
        """Send a form."""
        return self.session.post(urljoin(self.demo.issuer, path), data=form, timeout=20)

    def token(self, page: requests.Response) -> str:
        """Read the form token of a page."""
        return _value(_TOKEN, page)


def _value(pattern: re.Pattern[str], page: requests.Response) -> str:
    found = pattern.search(page.text)
    assert found, f"{page.status_code} {page.url}\n{page.text[:3000]}"
    return found[1]
