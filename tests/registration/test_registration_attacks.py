"""What strangers try at the registration pages.

One answer for every wrong code, number or birth date; one page for a free address and one in use.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from idp.invitations.model import draw_code
from tests.registration.conftest import Invited
from tests.registration.registrant import (
    Registrant,
    invitation_in,
    mail_to,
    messages,
)
from tests.support.demo import Demo
from tests.support.in_process import Answer, InProcess, in_process
from tests.support.relying_party import hidden_fields

CHANGING = re.compile(
    r'(?<=value=")[A-Za-z0-9_-]{43}(?=")|(?<=request=)[A-Za-z0-9_-]{43}'
    r'|(?<=<strong class="code">)[2-9A-HJ-NP-TV-Z]{8}(?=<)'
)


@pytest.fixture(scope="module")
def inside(demo: Demo) -> Iterator[InProcess]:
    """The provider in this process."""
    with in_process(demo) as application:
        yield application


class Walker:
    """A browser that speaks WSGI."""

    def __init__(self, inside: InProcess) -> None:
        self.inside, self.cookie = inside, ""

    def get(self, path: str, **query: str) -> Answer:
        return self._kept(self.inside.get(path, query, cookie=self.cookie))

    def send(self, page: Answer, **typed: str) -> Answer:
        form = hidden_fields(page.body.decode()) | typed
        return self._kept(self.inside.post("/register", form, cookie=self.cookie))

    def follow(self, answer: Answer) -> Answer:
        assert answer.status == 303, answer.body.decode()
        path, _, query = answer.location.partition("?")
        return self.get(path, **dict([query.split("=")] if query else []))

    def _kept(self, answer: Answer) -> Answer:
        found = re.search(
            r"kumiai_idp_device=([A-Za-z0-9_-]{43})", answer.headers.get("set-cookie", "")
        )
        if found:
            self.cookie = f"kumiai_idp_device={found[1]}"
        return answer


def seen(answer: Answer, *typed: str) -> tuple[object, ...]:
    """Give everything a stranger sees of an answer, without what always differs."""
    text = CHANGING.sub("~", answer.body.decode())
    for one in typed:
        text = text.replace(one, "~")
    headers = {n: v for n, v in answer.headers.items() if n not in ("x-request-id", "set-cookie")}
    headers["content-length"] = str(len(answer.body) - sum(map(len, typed)))
    return answer.status, text, tuple(sorted(headers.items()))


def code_of(demo: Demo, invited: Invited, number: int) -> str:
    return invitation_in(mail_to(demo, invited[number].email))


def test_wrong_code_number_and_birth_date_are_one_answer_enumeration(
    demo: Demo, invited: Invited, inside: InProcess
) -> None:
    person, code = invited[7020], code_of(demo, invited, 7020)
    unknown, wrong = draw_code().shown, code[:-1] + ("0" if code[-1] != "0" else "1")
    used = code_of(demo, invited, 7021)
    assert demo.idp("invite", "withdraw", "00007021", "--reason", "test").returncode == 0
    tries = {
        "unknown code": (unknown, person.number, "1985-04-01"),
        "wrong secret": (wrong, person.number, "1985-04-01"),
        "another's number": (code, "00007022", "1985-04-01"),
        "wrong birth date": (code, person.number, "1985-04-02"),
        "withdrawn": (used, "00007021", "1985-04-01"),
        "not a number of ours": (code, "99999999", "1985-04-01"),
    }
    answers = {}
    for name, (typed, number, born) in tries.items():
        walker = Walker(inside)
        page = walker.get("/register")
        sent = {"invitation_code": typed, "member_number": number, "birth_date": born}
        answers[name] = seen(walker.send(page, **sent), typed, number, born)
    assert len(set(answers.values())) == 1, answers
    assert next(iter(answers.values()))[0] == 401


def test_a_code_is_tried_five_times_a_day_and_then_not_even_the_right_one(
    demo: Demo, invited: Invited, inside: InProcess
) -> None:
    code = code_of(demo, invited, 7023)

    def guess(day: int) -> int:
        walker = Walker(inside)
        page = walker.get("/register")
        born = f"1985-04-{day:02}"
        sent = {"invitation_code": code, "member_number": "00007023", "birth_date": born}
        return walker.send(page, **sent).status

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(guess, range(2, 30))) == {401}
    assert guess(1) == 401, "the sixth try is not looked at"


def test_an_address_in_use_looks_like_a_free_one_enumeration(
    demo: Demo, invited: Invited, inside: InProcess
) -> None:
    owner = demo.member()["email"]
    answers, walkers = [], []
    for number, address in ((7024, owner), (7025, "nobody.yet@mihon.example")):
        walker = Walker(inside)
        sent = {"invitation_code": code_of(demo, invited, number), "birth_date": "1985-04-01"}
        begun = walker.send(walker.get("/register"), member_number=f"{number:08}", **sent)
        page = walker.follow(begun)
        rows = _outbox(demo)
        answer = walker.follow(walker.send(page, email=address))
        answers.append((*seen(answer, address), _outbox(demo) - rows))
        walkers.append((walker, answer))
    assert answers[0] == answers[1]
    told = mail_to(demo, owner)
    assert told["code"] is None
    walker, page = walkers[0]
    assert {walker.send(page, code=f"{n:06}").status for n in range(8)} == {401}


def _outbox(demo: Demo) -> int:
    with closing(sqlite3.connect(demo.data / "idp.db")) as database:
        (count,) = database.execute(
            "SELECT count(*) FROM outbox_message WHERE kind LIKE 'mail%'"
        ).fetchone()
    return int(count)


def test_three_proving_mails_a_day_and_the_page_stays_the_same(
    demo: Demo, invited: Invited, inside: InProcess
) -> None:
    walker = Walker(inside)
    sent = {"invitation_code": code_of(demo, invited, 7026), "birth_date": "1985-04-01"}
    page = walker.follow(walker.send(walker.get("/register"), member_number="00007026", **sent))
    address = "victim@elsewhere.example"
    page = walker.follow(walker.send(page, email=address))
    pages = [walker.send(page, code="", resend="1") for _ in range(6)]
    assert len({seen(one) for one in pages}) == 1
    mail_to(demo, address, 3)
    assert len(messages(demo, address)) == 3
    text = messages(demo, address)[0]["text"]
    assert "見本" not in text
    assert "00007026" not in text


def test_a_code_of_ones_own_mailbox_proves_no_other_address(
    demo: Demo, invited: Invited, inside: InProcess
) -> None:
    walker = Walker(inside)
    sent = {"invitation_code": code_of(demo, invited, 7027), "birth_date": "1985-04-01"}
    page = walker.follow(walker.send(walker.get("/register"), member_number="00007027", **sent))
    first = walker.follow(walker.send(page, email="own@elsewhere.example"))
    code = mail_to(demo, "own@elsewhere.example")["code"]
    second = walker.send(page, email="stranger@elsewhere.example")
    assert walker.send(walker.follow(second), code=code).status == 401
    assert walker.send(first, code=code).status == 401


def test_a_registration_goes_on_in_its_own_browser_only(
    demo: Demo, invited: Invited, inside: InProcess
) -> None:
    walker, other = Walker(inside), Walker(inside)
    sent = {"invitation_code": code_of(demo, invited, 7028), "birth_date": "1985-04-01"}
    begun = walker.send(walker.get("/register"), member_number="00007028", **sent)
    other.get("/register")
    assert other.follow(begun).status == 410
    assert walker.follow(begun).status == 200


HOSTILE = ("a\0b", "\ud800", "x" * 70_000, "'; DROP TABLE member; --", "<script>1</script>", "％")


@pytest.mark.parametrize("field", ["invitation_code", "member_number", "birth_date"])
def test_hostile_input_gets_a_clear_page(inside: InProcess, field: str) -> None:
    for value in HOSTILE:
        walker = Walker(inside)
        sent = {
            "invitation_code": draw_code().shown,
            "member_number": "00000001",
            "birth_date": "1985-04-01",
        } | {field: value}
        answer = walker.send(walker.get("/register"), **sent)
        assert answer.status in (400, 413)
        assert b"<h1>" in answer.body
        assert b"<script>1" not in answer.body


def test_mail_scanners_use_nothing_up(demo: Demo, invited: Invited, inside: InProcess) -> None:
    mail = mail_to(demo, invited[7032].email)
    link = next(one for one in mail["links"] if "/register" in one)
    path, _, query = link.removeprefix(demo.issuer).partition("?")
    for method in ("GET", "HEAD", "GET"):
        assert inside.call(method, path, query=dict([query.split("=")])).status == 200
    assert Registrant(demo).begin(invitation_in(mail), "00007032").status_code == 200
