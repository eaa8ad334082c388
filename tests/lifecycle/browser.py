"""A browser as far as these pages need one: cookies, redirects, forms found by their id."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from tests.lifecycle.house import ISSUER, Answer, House
from tests.support.relying_party import hidden_fields

SESSION, DEVICE = "__Host-kumiai_idp", "__Host-kumiai_idp_device"
_ACTION = re.compile(r'action="([^"]*)"')


@dataclass(frozen=True)
class Form:
    """A form of a page: where it goes and what it carries unseen."""

    id: str
    path: str
    hidden: dict[str, str]


@dataclass
class Browser:
    """One browser; `page` is what it shows, `at` the address of it."""

    house: House
    name: str
    came_from: str
    cookies: dict[str, str] = field(default_factory=dict)
    at: str = "/"
    page: str = ""

    @property
    def session(self) -> str | None:
        """Give the session cookie."""
        return self.cookies.get(SESSION)

    def get(self, path: str) -> Answer:
        """Open a page; follows redirects within the provider."""
        return self._follow(self.send("GET", path), path)

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        """Send a form; follows redirects within the provider."""
        return self._follow(self.send("POST", path, fields), path)

    def send(self, method: str, path: str, fields: dict[str, str] | None = None) -> Answer:
        """Send one request with this browser's cookies, and keep those of the answer."""
        told = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"cookie": told} if told else {}
        answer = self.house.call(method, path, fields, came_from=self.came_from, **sent)
        for name, value in answer.cookies.items():
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer

    def form(self, form_id: str) -> Form | None:
        """Find a form of the page by its id."""
        return next((one for one in self.forms() if one.id == form_id), None)

    def forms(self) -> list[Form]:
        """Read all forms of the page."""
        found = []
        for part in self.page.split("<form")[1:]:
            head, _, rest = part.partition(">")
            inner = rest.partition("</form>")[0]
            name = re.search(r'\bid="([^"]*)"', head)
            to = _ACTION.search(head)
            path = html.unescape(to.group(1)) if to else self.at
            found.append(Form(name.group(1) if name else "", path or self.at, hidden_fields(inner)))
        return found

    def _follow(self, answer: Answer, path: str) -> Answer:
        for _ in range(8):
            if answer.status not in (302, 303):
                break
            target = answer.headers["location"]
            if not target.startswith(("/", ISSUER + "/")):
                return answer
            path = target.removeprefix(ISSUER)
            answer = self.send("GET", path)
        else:
            raise AssertionError(f"too many redirects, at last {path}")
        self.at, self.page = path, answer.text
        return answer
