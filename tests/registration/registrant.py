"""Somebody who registers, through the pages; and the office that feeds the register."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from demo.register import TITLES
from tests.support.demo import Demo, wait_until
from tests.support.mailbox import codes_to, newest_code
from tests.support.relying_party import Browser, hidden_fields

GOOD = "otter purple teapot"
CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}")


@dataclass(frozen=True)
class Person:
    """A fictional member as the office knows them."""

    number: str
    birth_date: str = "昭和60年4月1日"
    email: str = ""
    family: str = "見本"
    given: str = "入"
    street: str = "見本町1-1-1"

    def row(self, paid_on: str) -> list[str]:
        """Write the person as a line of the export."""
        facts = [self.family, self.given, "ミホン", "ハイル", "", self.birth_date, "現職", ""]
        where = ["000-0000", "東京都", "架空市", self.street, "", self.email]
        return [self.number, *facts, *where, paid_on, "", "", ""]


def feed(demo: Demo, people: list[Person], paid_on: str) -> dict[str, Any]:
    """Import an export with these people, as the office does every night."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(TITLES.split())
    writer.writerows(person.row(paid_on) for person in people)
    path = Path(demo.data) / "export.csv"
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
    done = demo.idp("member", "import", str(path), "--apply", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def messages(demo: Demo, to: str) -> list[dict[str, Any]]:
    """Read what arrived in a mailbox, newest first."""
    found = requests.get(demo.facts["mail"] + "/messages", timeout=10).json()
    return [one for one in found if to in json.dumps(one["to"])]


def mail_to(demo: Demo, to: str, least: int = 1) -> dict[str, Any]:
    """Wait until so many mails have arrived in a mailbox; give the newest."""
    return dict(wait_until(lambda: len(messages(demo, to)) >= least and messages(demo, to)[0], 20))


def invitation_in(mail: dict[str, Any]) -> str:
    """Read the registration code out of a mail."""
    found = CODE.search(mail["text"])
    assert found, mail["text"]
    return found[0]


def invitations_to(demo: Demo, to: str) -> set[str]:
    """Read every registration code that arrived in a mailbox."""
    return {code for mail in messages(demo, to) for code in CODE.findall(mail["text"])}


@dataclass
class Registrant:
    """One browser on its way through `/register`."""

    demo: Demo
    browser: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.browser = Browser(self.demo.issuer)

    def open(self, path: str = "/register") -> requests.Response:
        """Open a page."""
        return self.browser.get(path)

    def send(self, page: requests.Response, **typed: str) -> requests.Response:
        """Fill in the form of a page and follow to the next one."""
        answer = self.browser.post("/register", hidden_fields(page.text) | typed)
        return self.browser.follow(answer)

    def begin(self, code: str, number: str, born: str = "1985-04-01") -> requests.Response:
        """Send the first step."""
        typed = {"invitation_code": code, "member_number": number, "birth_date": born}
        return self.send(self.open(), **typed)

    def to_password(self, code: str, person: Person, email: str) -> requests.Response:
        """Go on until a password is asked for."""
        page = self.begin(code, person.number, person.birth_date)
        assert page.status_code == 200, page.text
        before = len(codes_to(self.demo, email))
        page = self.send(page, email=email)
        assert page.status_code == 200, page.text
        return self.send(page, code=newest_code(self.demo, email, before))

    def register(
        self, code: str, person: Person, email: str, password: str = GOOD
    ) -> requests.Response:
        """Go through all steps."""
        page = self.to_password(code, person, email)
        assert 'name="new_password"' in page.text, page.text
        return self.send(page, new_password=password, new_password_again=password)
