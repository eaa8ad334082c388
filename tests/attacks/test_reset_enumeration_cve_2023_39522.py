"""Asking for a new password tells nobody who is a member (CVE-2023-39522).

The same bytes, headers and cookies, the same statements in the same order, and rows of the same
size, whatever becomes of the mail. And whatever is typed, mail goes to a stored address only, and
no look-alike of an address reaches another's account (CVE-2019-19844).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from idp.app import create_app
from idp.assembly.provider import build_provider
from idp.bootstrap import prepare
from idp.settings import read_settings
from tests.recovery.steps import NEW, ask, form_of, set_with
from tests.support.demo import Demo, running_demo
from tests.support.in_process import InProcess
from tests.support.mailbox import wait_for_outbox
from tests.support.parties import PARTIES, write_policies
from tests.support.relying_party import Browser

OPAQUE = re.compile(r"[A-Za-z0-9_-]{43}")
CHANGING = (
    re.compile(r'name="(?:csrf_token|flow)" value="([A-Za-z0-9_-]{43})"'),
    re.compile(r'<strong class="code">([2-9A-HJ-NP-TV-Z]{8})</strong>'),
)
VALUES = re.compile(r"'(?:[^']|'')*'|\b\d+\b|NULL")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = Path(tmp_path_factory.mktemp("reset-enumeration"))
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as running:
        blocked = running.member(index=6)
        done = running.idp("account", "block", blocked["number"], "--reason", "for a test")
        assert done.returncode == 0, done.stderr
        yield running


def addresses(demo: Demo) -> dict[str, str]:
    """Give one address in every state a stranger might want to tell apart."""
    return {
        "unknown": "nobody@mihon.example",
        "unknown, elsewhere": "somebody.else@elsewhere.example",
        "a member": demo.member(index=1)["email"],
        "leaving": demo.member("leaving")["email"],
        "stopped": demo.member("stopped")["email"],
        "former": demo.member("former")["email"],
        "blocked by a person": demo.member(index=6)["email"],
    }


def shown(response: requests.Response, typed: str) -> tuple[object, ...]:
    """Give everything a stranger sees, without what differs from answer to answer anyway."""
    text = response.text
    for pattern in CHANGING:
        text = pattern.sub(lambda m: m[0].replace(m[1], "~" * len(m[1])), text)
    headers = {
        name: re.sub(r"=[A-Za-z0-9_-]{43};|Expires=[^;]+", "~", value)
        for name, value in response.headers.items()
        if name.lower() not in ("date", "content-length", "x-request-id")
    }
    length = int(response.headers["Content-Length"]) - len(typed) * response.text.count(typed)
    cookies = tuple(sorted(response.cookies.keys()))
    text = text.replace(typed, "~")
    return response.status_code, text, tuple(sorted(headers.items())), cookies, length


def test_the_page_after_asking_is_the_same_for_everybody(demo: Demo) -> None:
    answers = {
        state: shown(ask(Browser(demo.issuer), email), email)
        for state, email in addresses(demo).items()
    }
    assert len(set(answers.values())) == 1
    assert next(iter(answers.values()))[0] == 200


def test_a_wrong_code_and_a_used_up_limit_look_the_same_for_everybody(demo: Demo) -> None:
    answers = {}
    for state, email in addresses(demo).items():
        browser = Browser(demo.issuer)
        page = ask(browser, email)
        for attempt in range(7):
            page = set_with(browser, page, code="00000000")
            answers[f"{state} {attempt}"] = shown(page, email)
    assert len(set(answers.values())) == 1
    assert next(iter(answers.values()))[0] == 401


@dataclass
class Watched:
    """The application in this process, and every statement it sends."""

    app: InProcess
    said: list[str] = field(default_factory=list)

    def statements(self, email: str) -> list[str]:
        """List the statements of one request for a mail."""
        device = "d" * 43
        cookies = f"kumiai_idp_device={device}"
        page = self.app.get("/recover", {}, cookie=cookies).body.decode()
        token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
        self.said.clear()
        answer = self.app.post("/recover", {"csrf_token": token, "email": email}, cookie=cookies)
        assert answer.status == 200
        return [VALUES.sub("~", line) for line in self.said]


@pytest.fixture(scope="module")
def watched(demo: Demo) -> Iterator[Watched]:
    foundation = prepare(read_settings({"IDP_DATA": str(demo.data)}))
    said: list[str] = []

    def listen(connection: Any, *_: object) -> None:
        connection.set_trace_callback(said.append)

    foundation.database.dispose()
    sa.event.listen(foundation.database.engine, "connect", listen)
    yield Watched(InProcess(create_app(build_provider(foundation)), demo.issuer), said)
    foundation.database.dispose()


def test_the_same_statements_are_sent_for_everybody(demo: Demo, watched: Watched) -> None:
    # Of three requests each the shortest: caches are renewed now and then, whoever is asked about.
    told = {
        state: min((watched.statements(email) for _ in range(3)), key=len)
        for state, email in addresses(demo).items()
    }
    first = told["unknown"]
    assert len(first) > 8
    for state, statements in told.items():
        assert statements == first, state


def test_the_rows_left_behind_are_of_one_kind_and_size(demo: Demo, watched: Watched) -> None:
    wait_for_outbox(demo)
    database = prepare(read_settings({"IDP_DATA": str(demo.data)})).database
    sizes = set()
    for email in addresses(demo).values():
        with database.read() as tx:
            newest = tx.text("SELECT coalesce(max(id), '') FROM outbox_message").fetchone()[0]
            before = tx.text("SELECT count(*) FROM mailed_secret").fetchone()[0]
        watched.statements(email)
        with database.read() as tx:
            rows = tx.text(
                "SELECT kind, length(payload) FROM outbox_message WHERE id > :newest",
                {"newest": newest},
            ).fetchall()
            after = tx.text("SELECT count(*) FROM mailed_secret").fetchone()[0]
        assert after == before + 1
        sizes.add(tuple(rows))
    database.dispose()
    assert len(sizes) == 1
    assert len(next(iter(sizes))) == 1


LOOK_ALIKES = (
    "taro@mihon.example\r\nBcc: thief@elsewhere.example",
    "taro@mihon.example\nthief@elsewhere.example",
    "taro@mihon.example,thief@elsewhere.example",
    "taro@mihon.example;thief@elsewhere.example",
    "taro@mihon.example thief@elsewhere.example",
    "taro@mihon.example@elsewhere.example",
    "thief@elsewhere.example@mihon.example",
    '["taro@mihon.example","thief@elsewhere.example"]',
    "<taro@mihon.example>",
    "Taro <taro@mihon.example>",
    '"taro"@mihon.example',
    '"taro@mihon.example"@elsewhere.example',
    "taro@mıhon.example",  # dotless i
    "taro@mİhon.example",
    "tаro@mihon.example",  # Cyrillic a
    "ｔａｒｏ@mihon.example",  # full width: NFKC makes it the member's
    "taro＠mihon.example",
    "taro@ｍｉｈｏｎ．example",
    "taro@mihon.example.",
    "taro@mihon。example",
    "ﬁmihon@mihon.example",
    "taro%40mihon.example@elsewhere.example",
    "taro@[mihon.example]",
    "taro(comment)@mihon.example",
)


@pytest.mark.parametrize("typed", LOOK_ALIKES, ids=ascii)
def test_no_look_alike_reaches_another_mailbox_or_account(demo: Demo, typed: str) -> None:
    wait_for_outbox(demo)
    before = requests.get(demo.facts["mail"] + "/messages", timeout=30).json()
    browser = Browser(demo.issuer)
    page = ask(browser, typed)
    assert page.status_code in (200, 400)
    wait_for_outbox(demo)
    after = requests.get(demo.facts["mail"] + "/messages", timeout=30).json()
    assert after == before, "nobody got a mail"


@pytest.mark.parametrize("name", ["email[]", "email[0]", "email.x"])
def test_lists_and_arrays_name_nobody(demo: Demo, name: str) -> None:
    browser = Browser(demo.issuer)
    sent = form_of(browser.get("/recover"), "reset-request")
    assert browser.post("/recover", sent | {name: "taro@mihon.example"}).status_code == 400
    twice = [*sent.items(), ("email", "taro@mihon.example"), ("email", "thief@elsewhere.example")]
    assert browser.post("/recover", twice).status_code == 400


def test_mail_goes_to_the_stored_spelling_whatever_was_typed(demo: Demo) -> None:
    email = demo.member(index=3)["email"]
    local, domain = email.split("@")
    for typed in (email.upper(), f" {local.title()}@{domain} ", f"{email}\u3000"):
        wait_for_outbox(demo)
        requests.delete(demo.facts["mail"] + "/messages", timeout=30)
        assert ask(Browser(demo.issuer), typed).status_code == 200
        wait_for_outbox(demo)
        mails = requests.get(demo.facts["mail"] + "/messages", timeout=30).json()
        assert [mail["to"] for mail in mails] == [email]


def test_nobody_s_flow_takes_no_code_at_all(demo: Demo) -> None:
    browser = Browser(demo.issuer)
    page = ask(browser, "nobody@mihon.example")
    for code in ("00000000", "12345678", ""):
        assert set_with(browser, page, NEW, code=code).status_code in (400, 401)
