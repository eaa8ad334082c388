"""A running demo with as many members as a test wants, each with a mailbox that can be read."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import sqlalchemy as sa

from audit.event import Actor
from idp.accounts.service import Accounts
from idp.assembly.foundation import Foundation
from idp.bootstrap import prepare
from idp.clock import to_micros
from idp.journal.store import audit_event
from idp.members import store
from idp.members.model import Dated, Employment, Member, Name
from idp.settings import read_settings
from idp.storage.statement import Statement
from tests.support.demo import Demo, wait_until
from tests.support.relying_party import Browser, hidden_fields

PASSWORD = "katatsumuri denwa 7 ringo"
NEW_PASSWORD = "suzume hikouki 4 mikan"
_EVENTS = Statement(
    sa.select(sa.func.count()).where(
        audit_event.c.subject == sa.bindparam("who"), audit_event.c.name == sa.bindparam("name")
    )
)


@dataclass(frozen=True)
class Person:
    """A member with an account."""

    number: str
    email: str
    subject: str
    password: str = PASSWORD


@dataclass
class House:
    """The demo, and the means to add people to it."""

    demo: Demo
    foundation: Foundation
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(7_000_000))

    def person(self, domain: str = "mihon.example") -> Person:
        """Add a member with an account."""
        number = f"{next(self.numbers):08d}"
        name = Name("見本", "花子", "ミホン", "ハナコ", None)
        paid = date(2004, 4, 30)
        member = Member(
            number,
            date(1970, 1, 1),
            Employment.WORKING,
            "みほん第一小学校",
            (Dated(name, paid),),
            capital_paid_on=paid,
        )
        f = self.foundation
        with f.database.begin() as tx:
            store.add_many(tx, [member], to_micros(f.clock.now()))
        accounts = Accounts(f.database, f.clock, f.policy, f.journal)
        email = f"m{number}@{domain}"
        made = accounts.add(number, email, PASSWORD, Actor("system"))
        return Person(number, email, made.subject)

    def signed_in(self, person: Person, password: str | None = None) -> Browser:
        """Give a fresh browser in which somebody has signed in."""
        browser = Browser(self.demo.issuer)
        answer = browser.sign_in(person.email, password or person.password)
        assert answer.headers.get("Location") == "/account", answer.text
        return browser

    def can_sign_in(self, email: str, password: str) -> bool:
        """Try a password from a browser that nobody knows."""
        return Browser(self.demo.issuer).sign_in(email, password).status_code == 303

    def mails_to(self, address: str) -> list[dict[str, Any]]:
        """List what a mailbox got, newest first."""
        found = requests.get(self.demo.facts["mail"] + "/messages", timeout=30).json()
        return [mail for mail in found if mail["to"] == address]

    def mail_to(self, address: str, count: int = 1) -> dict[str, Any]:
        """Wait until a mailbox has so many mails; give the newest."""
        mails: list[dict[str, Any]] = wait_until(
            lambda: len(self.mails_to(address)) >= count and self.mails_to(address), 20
        )
        return mails[0]

    def outbox(self) -> int:
        """Count the rows that were ever promised and not cleaned."""
        with self.foundation.database.read() as tx:
            return int(tx.text("SELECT count(*) FROM outbox_message").fetchone()[0])

    def events(self, person: Person, name: str) -> int:
        """Count a member's events of a name."""
        with self.foundation.database.read() as tx:
            found = tx.one(_EVENTS, who=person.subject, name=name)
            return int(found[0]) if found else 0


@contextmanager
def house_of(demo: Demo) -> Iterator[House]:
    """Open the stores of a running demo in this process."""
    foundation = prepare(read_settings({"IDP_DATA": str(demo.data)}))
    try:
        yield House(demo, foundation)
    finally:
        foundation.database.dispose()


def post_form(
    browser: Browser, page: str, form_id: str, fields: dict[str, str], status: int = 200
) -> requests.Response:
    """Fill in one form of a page and send it to where the form says."""
    shown = browser.follow(browser.get(page))
    assert shown.status_code == status, shown.text
    return send_form(browser, shown, form_id, fields)


def send_form(
    browser: Browser, shown: requests.Response, form_id: str, fields: dict[str, str]
) -> requests.Response:
    """Fill in one form of a page that was got."""
    found = re.search(rf'<form id="{form_id}" method="post" action="([^"]+)">', shown.text)
    assert found, shown.text
    form = shown.text[found.start() :].split("</form>")[0]
    return browser.post(found[1], hidden_fields(form) | fields)


def link_in(mail: dict[str, Any], step: str) -> str:
    """Give the path and query of the one link of a mail that leads to a step."""
    (link,) = [link for link in mail["links"] if f"/account/address/{step}?" in link]
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def secret_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["link"][0]


def title_of(page: requests.Response) -> str:
    return page.text.split("<h1>")[1].split("</h1>")[0].strip()
