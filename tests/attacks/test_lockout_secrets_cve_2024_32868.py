"""Every secret has its limit, and no detour around it.

CVE-2024-32868 (passwords were limited, codes were not), CVE-2025-64102 (some ways to try a factor
drained no counter), CVE-2025-6015 (the limit on codes was passed by), CVE-2018-14657 (no limit once
an app was set up), keycloak#26177 (a sign-in in progress outlived the lock).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.attacks.people import Person
from tests.attacks.visitor import Visitor, visitor
from tests.selfservice.house import NEW_PASSWORD, post_form
from tests.support.demo import Demo
from tests.support.factors import App, fields_of, send, set_up_app
from tests.support.in_process import InProcess
from tests.support.mailbox import codes_to, newest_code, wait_for_outbox
from tests.support.parties import forward, offset

TRIES, KNOWN_TRIES, MAILS = 5, 10, 8


def signed_in(inside: InProcess, person: Person) -> Visitor:
    browser = visitor(inside)
    answer = browser.sign_in(person.email, person.password)
    assert answer.headers["Location"] == "/account", answer.text
    return browser


def with_app(attacked: Demo, inside: InProcess, person: Person) -> tuple[Visitor, App]:
    browser = signed_in(inside, person)
    return browser, set_up_app(browser, offset(attacked))


def second_step(inside: InProcess, person: Person) -> tuple[Visitor, str]:
    """Type the right password in a new browser; answers it and the page that asks for a code."""
    browser = visitor(inside)
    answer = browser.sign_in(person.email, person.password)
    assert answer.headers["Location"].startswith("/sign-in/verify?"), answer.text
    return browser, browser.get(answer.headers["Location"]).text


def typed(inside: InProcess, person: Person, code: str) -> int:
    """Prove the password anew and type one code."""
    browser, page = second_step(inside, person)
    return int(send(browser, page, "verification-code", code=code).status_code)


def wrong(code: str) -> str:
    """Give a code of the same shape that is another."""
    return code[:-1] + ("3" if code[-1] != "3" else "4")


def test_the_password_before_each_guess_gives_no_new_guesses(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    _, app = with_app(attacked, inside, person)
    for _ in range(TRIES):
        assert typed(inside, person, wrong(app.code())) == 401
    assert typed(inside, person, app.code()) == 401, "the sixth is not looked at"
    assert typed(inside, person, app.code()) == 401
    assert typed(inside, person, app.recovery_codes[0]) == 303, "another factor goes on"


def test_the_same_for_recovery_codes(attacked: Demo, inside: InProcess, person: Person) -> None:
    _, app = with_app(attacked, inside, person)
    for _ in range(TRIES):
        assert typed(inside, person, wrong(app.recovery_codes[0])) == 401
    assert typed(inside, person, app.recovery_codes[0]) == 401
    assert typed(inside, person, app.code()) == 303


def test_every_way_to_type_a_code_adds_to_one_row_of_failures(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    """A session has a budget of its own, so that no stranger stops its owner; the row is one."""
    at_home, app = with_app(attacked, inside, person)

    def again(code: str) -> int:
        page = at_home.get("/reauthenticate?next=/account/security").text
        return int(send(at_home, page, "re-authenticate", code=code).status_code)

    for _ in range(TRIES):
        assert again(wrong(app.code())) == 401
        assert typed(inside, person, wrong(app.code())) == 401
    assert again(app.code()) == 401
    assert typed(inside, person, app.code()) == 401
    found = attacked.idp("audit", "search", "--name", "factor.refused", "--format", "json")
    rows = [
        json.loads(line)["decision"]["row"]
        for line in found.stdout.splitlines()
        if json.loads(line)["decision"].get("authenticator", "").startswith("totp:")
    ]
    assert max(rows) >= 2 * TRIES - 2, "both ways lengthen it"


def test_codes_by_mail_are_bounded_by_the_mails(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    """Each procedure takes five guesses, and a mailbox starts so many procedures in an hour."""
    browser = signed_in(inside, person)
    page = browser.get("/account/security").text
    browser.post("/account/security/mail", fields_of(page, "mail-codes"))
    codes: list[str] = []
    for number in range(MAILS + 2):
        stranger, page = second_step(inside, person)
        if number < MAILS:
            codes.append(newest_code(attacked, person.email, more_than=number))
        for _ in range(TRIES):
            guess = send(stranger, page, "verification-code", code=wrong(codes[-1]))
            assert guess.status_code == 401
        assert send(stranger, page, "verification-code", code=codes[-1]).status_code == 401
    wait_for_outbox(attacked)
    assert len(codes_to(attacked, person.email)) == MAILS, "no further code exists to be guessed"


def test_the_password_of_a_known_browser_has_a_limit_too(inside: InProcess, person: Person) -> None:
    known = signed_in(inside, person)
    known.post("/sign-out", fields_of(known.get("/sign-out").text, "sign-out"))
    for number in range(KNOWN_TRIES):
        assert known.sign_in(person.email, f"guess {number}").status_code == 401
    assert known.sign_in(person.email, person.password).status_code == 401


def test_the_password_has_one_budget_on_all_pages_of_a_session(
    inside: InProcess, person: Person
) -> None:
    browser = signed_in(inside, person)
    new = {"new_password": NEW_PASSWORD, "new_password_again": NEW_PASSWORD}

    def again(password: str) -> Any:
        page = browser.get("/reauthenticate?next=/account/stop").text
        return send(browser, page, "re-authenticate", password=password)

    def change(password: str) -> Any:
        return post_form(
            browser, "/account/password", "change-password", {"password": password} | new
        )

    ways: tuple[Callable[[str], Any], ...] = (again, change)
    for number in range(TRIES):
        assert ways[number % 2](f"guess {number}").status_code in (400, 401)
    other = signed_in(inside, person)
    assert again(person.password).status_code == 401
    assert change(person.password).status_code == 400
    assert visitor(inside).sign_in(person.email, person.password).status_code == 303, "unchanged"
    page = other.get("/reauthenticate?next=/account/stop").text
    let_in = send(other, page, "re-authenticate", password=person.password)
    assert let_in.status_code == 303, "whoever stole one session locks the owner out of no other"


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_a_sign_in_in_progress_does_not_outlive_a_used_up_limit(
    attacked: Demo, inside: InProcess, person: Person, kind: str
) -> None:
    _, app = with_app(attacked, inside, person)
    browser, page = second_step(inside, person)
    code = app.code() if kind == "app" else app.recovery_codes[0]
    for _ in range(TRIES):
        send(browser, page, "verification-code", code=wrong(code))
    forward(attacked, 61 * 60)
    app.offset = offset(attacked)
    code = app.code() if kind == "app" else app.recovery_codes[0]
    late = send(browser, page, "verification-code", code=code)
    assert late.status_code == 400, "the password has to be proven again"
    assert browser.cookie("kumiai_idp") is None
