"""Two of the staff at their own browsers, and what they send about acts for two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import requests

from audit.names import EventName
from idp.assembly.foundation import Foundation
from idp.assembly.staff import build_staff
from idp.bootstrap import prepare
from idp.settings import read_settings
from idp.staff import store
from idp.staff.directory import StaffDirectory
from tests.retention.house import Done, House
from tests.support.demo import Demo
from tests.support.factors import fields_of
from tests.support.relying_party import Browser
from tests.support.staff import code, sign_in, staff_of

_numbers = count(1)


@dataclass
class Colleague:
    """Somebody signed in, who types a code where a form asks for one."""

    demo: Demo
    account: dict[str, Any]
    browser: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.browser = sign_in(self.demo, self.account)

    def elsewhere(self) -> Colleague:
        """Give the same person at another browser."""
        return Colleague(self.demo, self.account)

    def again(self) -> None:
        """Sign in once more at the same browser: the session was over."""
        sign_in(self.demo, self.account, self.browser)

    def page(self, path: str) -> str:
        """Open a page that must open."""
        answer = self.browser.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.headers)
        return answer.text

    def fill(self, path: str, form: str, **typed: str) -> dict[str, str]:
        """Give what would be sent from a form of a page."""
        page = self.page(path)
        inside = page.split(f'id="{form}"')[1].split("</form>", maxsplit=1)[0]
        more = {}
        if 'name="code"' in inside:
            more["code"] = code(self.demo, self.account["totp_secret"])
        return fields_of(page, form) | more | typed

    def send(self, path: str, form: str, **typed: str) -> requests.Response:
        """Fill in a form of a page and send it to where the page stands."""
        return self.browser.post(path, self.fill(path, form, **typed))

    def ask_to_add(self, *roles: str) -> tuple[str, str]:
        """Ask for a new colleague; give the page of the request, and the address."""
        address = f"atarashii{next(_numbers)}@mihon.example"
        boxes = {f"role_{role}": "yes" for role in roles or ("helpdesk",)}
        answer = self.send(
            "/staff/people/add",
            "person-act",
            name="架空 新",
            address=address,
            reason="入職",
            **boxes,
        )
        return waiting_at(answer), address

    def decide(self, path: str, decision: str = "approve", **more: str) -> requests.Response:
        """Decide on the page of a request."""
        form = "review" if "in_order" in decision else "decide"
        return self.send(path, form, decision=decision, reason="確かめた", **more)


def waiting_at(answer: requests.Response) -> str:
    """Give the page of the request an answer leads to."""
    where = answer.headers.get("Location", "")
    assert re.fullmatch(r"/staff/approvals/[0-9a-f-]{36}", where), (answer.status_code, answer.text)
    return where


class Node(House):
    """Commands on the demo's node, in this process: a process of its own imports for seconds."""

    @property
    def environment(self) -> dict[str, str]:
        return {"IDP_DATA": str(self.data)}


@dataclass(frozen=True)
class Scene:
    """The demo's administrator asks, its security decides; the store tells what was done."""

    demo: Demo
    f: Foundation
    asks: Colleague
    decides: Colleague

    def idp(self, *arguments: str) -> Done:
        """Run a command on the node."""
        return Node(self.f).idp(*arguments)

    @property
    def directory(self) -> StaffDirectory:
        """Give what keeps the staff, as the operator on the node uses it."""
        return build_staff(self.f).directory

    def colleague(self, address: str) -> Any:
        """Give the account of an address, or None."""
        with self.f.database.read() as tx:
            return store.find_by_address(tx, address)

    def events(self, name: EventName, holding: str) -> int:
        """Count events of a name whose line has a text."""
        with self.f.database.read() as tx:
            found = tx.text(f"SELECT line FROM audit_event WHERE name = '{name.value}'").fetchall()
        return sum(holding in str(row[0]) for row in found)


@contextmanager
def open_scene(demo: Demo) -> Iterator[Scene]:
    """Sign both in."""
    f = prepare(read_settings({"IDP_DATA": str(demo.data)}))
    asks, decides = (Colleague(demo, staff_of(demo, r)) for r in ("administrator", "security"))
    try:
        yield Scene(demo, f, asks, decides)
    finally:
        f.database.dispose()
