"""A browser without scripts for the portal's tests: cookies, redirects, forms."""

import html
import re
from typing import Any

import requests


class Browser:
    """One browser at one portal."""

    def __init__(self, portal: str) -> None:
        self.portal = portal
        self.http = requests.Session()
        self.http.trust_env = False

    def get(
        self, path: str, *, follow: bool = True, headers: dict[str, str] | None = None
    ) -> requests.Response:
        url = path if path.startswith("http") else self.portal + path
        return self.http.get(url, allow_redirects=follow, headers=headers, timeout=10)

    def post(
        self,
        path: str,
        data: Any,
        *,
        follow: bool = True,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        return self.http.post(
            self.portal + path, data=data, allow_redirects=follow, headers=headers, timeout=10
        )

    def sign_in(self, then: str = "/") -> requests.Response:
        page = self.get(f"/sign-in?next={then}")
        assert page.status_code == 200, page.text
        return page

    def cookie(self, name: str = "kumiai_portal") -> str:
        """Return a cookie's value, empty when there is none."""
        return self.http.cookies.get(name) or ""

    def close(self) -> None:
        self.http.close()


def fields(page: str, form_id: str) -> dict[str, str]:
    """Return the hidden fields of a form."""
    form = re.search(rf'<form id="{form_id}".*?</form>', page, re.DOTALL)
    assert form, f"no form {form_id}"
    inputs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form[0])
    return {name: html.unescape(value) for name, value in inputs}


def reason(page: requests.Response) -> str:
    """Return why a page says access has ended."""
    found = re.search(r'id="ended" data-reason="([^"]*)"', page.text)
    return found[1] if found else ""


def problem(page: requests.Response) -> str:
    """Return which error page this is."""
    found = re.search(r'id="problem" data-kind="([^"]*)"', page.text)
    return found[1] if found else ""
