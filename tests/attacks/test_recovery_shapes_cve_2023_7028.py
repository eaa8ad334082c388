"""A mail for a new password goes to one stored address, and sets one password: its owner's.

CVE-2023-7028 (the mail went to an address that was never proven), CVE-2022-35924 (so it did when
one field named two), CVE-2023-26481 (a link set the password of whoever was named beside it),
CVE-2019-14837 (accounts of programs had an address that could be had), CVE-2026-18963 (the mailed
secret could be left out), CVE-2026-27946 (a member marked their own address as proven).
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.attacks.people import Person
from tests.attacks.visitor import Visitor, visitor
from tests.flows.journey import tokens_for
from tests.recovery.steps import NEW, ask, form_of, mailed, set_with
from tests.selfservice.house import post_form
from tests.support.demo import Demo
from tests.support.in_process import InProcess
from tests.support.mailbox import Mailbox, mails_to, wait_for_outbox
from tests.support.parties import party
from tests.support.relying_party import Browser

THIEF = "thief@elsewhere.example"
FORM = "application/x-www-form-urlencoded"


def bodies(owner: str, form: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Give bodies that name two addresses, each with its content type."""
    token = urlencode(form)
    o, t = quote(owner), quote(THIEF)
    forms = {
        "array": f"{token}&email%5B%5D={o}&email%5B%5D={t}",
        "index": f"{token}&email%5B0%5D={o}&email%5B1%5D={t}",
        "key": f"{token}&email%5Bto%5D={o}&email%5Bcc%5D={t}",
        "nested": f"{token}&user%5Bemail%5D%5B%5D={o}&user%5Bemail%5D%5B%5D={t}",
        "twice": f"{token}&email={o}&email={t}",
        "twice, thief first": f"{token}&email={t}&email={o}",
        "comma": f"{token}&email={o},{t}",
        "semicolon": f"{token}&email={o}%3B{t}",
        "blank": f"{token}&email={o}%20{t}",
        "line": f"{token}&email={o}%0A{t}",
        "header": f"{token}&email={o}%0D%0ABcc%3A%20{t}",
        "NUL": f"{token}&email={o}%00{t}",
        "pipe": f"{token}&email={o}%7C{t}",
        "list as text": f"{token}&email=%5B%22{o}%22%2C%22{t}%22%5D",
    }
    given = form | {"email": [owner, THIEF]}
    return {name: (body, FORM) for name, body in forms.items()} | {
        "json": (json.dumps(given), "application/json"),
        "json as a form": (json.dumps(given), FORM),
        "json of a form": (f"{token}&email={o}", "application/json"),
        "xml": (f"<email>{owner}</email><email>{THIEF}</email>", "text/xml"),
    }


BESIDE = ("email[]", "Email", "email[1]", "cc", "to", "user[email][]", "flow")
"""Fields that are none of the form's; the one that is names the owner."""


def test_whatever_names_two_addresses_is_refused_and_sends_nothing(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    browser = visitor(inside)
    form = form_of(browser.get("/recover"), "reset-request")
    for name, (body, kind) in bodies(person.email, form).items():
        answer = browser.post("/recover", body, headers=[("Content-Type", kind)])
        assert answer.status_code in (400, 403, 415), name
    query = browser.ask("POST", "/recover", data=form, query_string={"email": person.email})
    assert query.status_code == 400, "what stands in the address of the page is not the form"
    multipart = browser.post(
        "/recover", form | {"email": person.email}, content_type="multipart/form-data"
    )
    assert multipart.status_code in (400, 415)
    wait_for_outbox(attacked)
    assert mails_to(attacked, person.email) == []
    for name in BESIDE:
        assert (
            browser.post("/recover", form | {"email": person.email, name: THIEF}).status_code == 200
        )
    wait_for_outbox(attacked)
    mails = mails_to(attacked, person.email)
    assert [mail["to"] for mail in mails] == [person.email] * len(BESIDE)
    assert all(THIEF not in str(mail) for mail in mails)
    assert mails_to(attacked, THIEF) == []


def test_a_code_or_a_link_sets_the_password_of_its_own_account_only(
    attacked: Demo, inside: InProcess, person: Person, another: Person
) -> None:
    """What is named beside the secret, in a hidden field or more, decides nothing."""
    mine, victim = person, another
    browser, page, code, _ = mailed(attacked, mine.email)
    named = {"email": victim.email}
    assert set_with(browser, page, code=code, **named).status_code == 303
    assert visitor(inside).sign_in(victim.email, victim.password).status_code == 303
    assert visitor(inside).sign_in(mine.email, NEW).status_code == 303

    *_, link = mailed(attacked, mine.email)
    browser = Browser(attacked.issuer)
    browser.get(link)
    opened = browser.get("/recover/password")
    for extra in ({"subject": victim.number}, {"username": victim.email}, {"user": victim.email}):
        assert set_with(browser, opened, **extra).status_code in (303, 400)
    set_with(browser, opened, **named)
    assert visitor(inside).sign_in(victim.email, NEW).status_code == 401
    assert visitor(inside).sign_in(victim.email, victim.password).status_code == 303


STEPS: dict[str, tuple[str, str, dict[str, str]]] = {
    "the page of a link": ("GET", "/recover/password", {}),
    "the end": ("GET", "/recover/done", {}),
    "no code": ("POST", "/recover/password", {"flow": "mine"}),
    "an empty code": ("POST", "/recover/password", {"flow": "mine", "code": ""}),
    "no procedure": ("POST", "/recover/password", {"code": "00000000"}),
    "another way": ("POST", "/recover/password", {"flow": "mine", "way": "password"}),
    "another way, asked": ("GET", "/recover/password?way=other&tryAnotherWay=on", {}),
    "said to be proven": ("POST", "/recover/password", {"flow": "mine", "verified": "1"}),
    "a link in a field": ("POST", "/recover/password", {"link": "x.y"}),
    "registering": ("POST", "/register", {}),
    "by the page of those inside": ("POST", "/account/password", {}),
}


@pytest.mark.parametrize("step", STEPS)
def test_no_step_leads_past_the_mailed_secret(inside: InProcess, person: Person, step: str) -> None:
    browser = visitor(inside)
    page = ask(browser, person.email)
    hidden = form_of(page, "reset-password")
    method, path, more = STEPS[step]
    sent: dict[str, str] = {"csrf_token": hidden["csrf_token"], "new_password": NEW}
    sent |= {"new_password_again": NEW, "email": person.email}
    sent |= {n: hidden["flow"] if v == "mine" else v for n, v in more.items()}
    answer: Any = browser.ask(method, path, data=sent if method == "POST" else None)
    assert answer.status_code in (200, 303, 400, 401, 403)
    assert answer.headers.get("Location", "") != "/recover/done"
    assert browser.cookie("kumiai_idp") is None
    assert visitor(inside).sign_in(person.email, person.password).status_code == 303


@pytest.mark.parametrize(
    "typed",
    [
        "service-account-machine@placeholder.org",
        "service-account-machine@mihon.example",
        "machine@mihon.example",
        "machine@localhost.example",
        "desk@desk.mihon.example",
        "no-reply@mihon.example",
    ],
)
def test_programs_have_no_password_to_recover(
    attacked: Demo, inside: InProcess, typed: str
) -> None:
    assert ask(visitor(inside), typed).status_code == 200
    wait_for_outbox(attacked)
    assert mails_to(attacked, typed) == []


def test_only_the_mailboxes_make_an_address_the_member_s(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    desk, browser = party(attacked, "desk"), Browser(attacked.issuer)
    assert browser.sign_in(person.email, person.password).status_code == 303
    token = tokens_for(browser, desk)["access_token"]
    wanted = f"wish.{person.email}"
    claimed = {"email_verified": "true", "verified": "1", "proven": "on", "email": wanted}
    post_form(browser, "/account/address", "new-address", claimed)
    post_form(browser, "/account/address", "new-address", {"email": wanted})
    told = desk.userinfo(token).json()
    assert (told["email"], told["email_verified"]) == (person.email, True)
    own = Mailbox(attacked, wanted)
    assert own.new() == []
    asker: Visitor = visitor(inside)
    ask(asker, wanted)
    wait_for_outbox(attacked)
    assert all(
        "/recover/" not in link for mail in mails_to(attacked, wanted) for link in mail["links"]
    )
    assert visitor(inside).sign_in(wanted, person.password).status_code == 401
