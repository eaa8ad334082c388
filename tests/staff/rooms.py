"""Somebody of the staff at the rooms, in this process: many requests, and what the log says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from audit.event import Actor
from idp.approvals.model import Requester, State
from idp.assembly.approvals import build_approvals
from idp.assembly.foundation import Foundation
from idp.bootstrap import prepare
from idp.journal.model import Origin
from idp.settings import read_settings
from idp.staff import store
from tests.support.demo import Demo
from tests.support.factors import fields_of
from tests.support.in_process import Answer, InProcess
from tests.support.staff import sign_in, staff_of

WAITS = re.compile(r"/staff/approvals/([0-9a-f-]{36})")


@dataclass
class Person:
    """One of the staff, signed in over HTTP; their requests go to the application itself."""

    provider: InProcess
    account: dict[str, Any]
    cookie: str
    token: str

    @classmethod
    def of(cls, demo: Demo, provider: InProcess, account: dict[str, Any]) -> Person:
        browser = sign_in(demo, account)
        cookie = "; ".join(f"{c.name}={c.value}" for c in browser.http.cookies)
        token = fields_of(browser.get("/staff").text, "sign-out")["csrf_token"]
        return cls(provider, account, cookie, token)

    def get(self, path: str, **query: str) -> Answer:
        return self.provider.get(path, query, cookie=self.cookie)

    def page(self, path: str, **query: str) -> str:
        answer = self.get(path, **query)
        assert answer.status == 200, (path, answer.status, answer.location)
        return answer.body.decode()

    def post(self, path: str, **form: str) -> Answer:
        sent = {"csrf_token": self.token} | form
        return self.provider.post(path, sent, cookie=self.cookie)

    def at_once(self, count: int, path: str, **form: str) -> list[Answer]:
        """Send the same act from so many windows at once."""
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(lambda _: self.post(path, **form), range(count)))


@dataclass(frozen=True)
class Log:
    """The log of the demo, and the second person who decides without a page."""

    f: Foundation

    def lines(self, name: str, *holding: str) -> list[str]:
        with self.f.database.read() as tx:
            found = tx.text(f"SELECT line FROM audit_event WHERE name = '{name}'").fetchall()
        return [str(r[0]) for r in found if all(one in str(r[0]) for one in holding)]

    def everything(self) -> str:
        with self.f.database.read() as tx:
            return "\n".join(str(r[0]) for r in tx.text("SELECT line FROM audit_event").fetchall())

    def agree(self, answer: Answer, account: dict[str, Any], role: str) -> State:
        """Let a second person approve what an answer says waits."""
        found = WAITS.fullmatch(answer.location)
        assert found, (answer.status, answer.location, answer.body.decode()[:2000])
        approvals = build_approvals(self.f)
        one = approvals.find(found[1])
        actor = Actor("staff", account["id"], role)
        who = Requester(account["id"], actor, Origin("192.0.2.9", "test"))
        return approvals.decide(one.id, one.digest, who, approve=True, reason="確かめた")


@contextmanager
def open_log(demo: Demo) -> Iterator[Log]:
    f = prepare(read_settings({"IDP_DATA": str(demo.data)}))
    try:
        yield Log(f)
    finally:
        f.database.dispose()


def known(demo: Demo, log: Log, role: str) -> dict[str, Any]:
    """Give the demo's account of a role, with its id."""
    account = staff_of(demo, role)
    with log.f.database.read() as tx:
        found = store.find_by_address(tx, account["email"])
    assert found is not None
    return account | {"id": found.id}
