"""100 parallel uses of one code: one success, every round (CVE-2021-43177: one worked twice)."""

from __future__ import annotations

import pytest

from tests.races.browsers import open_pages
from tests.races.conftest import pass_time, rounds
from tests.races.crowd import Crowd, Shot
from tests.support.crowds import MANY
from tests.support.demo import Demo
from tests.support.factors import fields_of, set_up_app, turn_off_app
from tests.support.mailbox import codes_to, newest_code
from tests.support.relying_party import Browser

CROWD = MANY
DEVICE = "kumiai_idp_device"
LONGEST_BLOCK = 25 * 3600
"""Seconds; whoever is blocked again and again is blocked for up to a day."""


def steps(demo: Demo, member: dict[str, str], count: int) -> list[tuple[str, dict[str, str]]]:
    """Bring many new browsers to the second step: cookie header and hidden fields of each."""
    shots = [page.attempt(member["email"], member["password"]) for page in open_pages(demo, count)]
    answers = Crowd(demo.issuer).fire(shots)
    places = [answer.headers["location"][0] for answer in answers]
    assert all(place.startswith("/sign-in/verify?") for place in places)
    cookies = [shot.headers["Cookie"] for shot in shots]
    shown = Crowd(demo.issuer).fire(
        [
            Shot("GET", place, {}, {"Cookie": cookie})
            for place, cookie in zip(places, cookies, strict=True)
        ]
    )
    pages = [fields_of(answer.body.decode(), "verification-code") for answer in shown]
    return list(zip(cookies, pages, strict=True))


def successes(demo: Demo, opened: list[tuple[str, dict[str, str]]], code: str) -> int:
    """Send one code from all of them at once."""
    shots = [
        Shot("POST", "/sign-in/verify", fields | {"code": code}, {"Cookie": cookie})
        for cookie, fields in opened
    ]
    answers = Crowd(demo.issuer).fire(shots)
    assert {answer.status for answer in answers} <= {303, 400, 401}
    return sum(answer.status == 303 for answer in answers)


@pytest.mark.parametrize("kind", ["totp", "recovery"])
def test_a_code_of_the_app_or_a_recovery_code_gets_one_of_many_in(demo: Demo, kind: str) -> None:
    member = demo.member(index=0 if kind == "totp" else 1)
    for number in rounds(10, 2):
        pass_time(demo, LONGEST_BLOCK)
        browser = Browser(demo.issuer)
        browser.sign_in(member["email"], member["password"])
        app = set_up_app(browser, offset=float(demo.clock.read_text()))
        try:
            opened = steps(demo, member, CROWD)
            code = app.code() if kind == "totp" else app.recovery_codes[number % 10]
            assert successes(demo, opened, code) == 1
        finally:
            turn_off_app(browser)


def test_a_code_by_mail_gets_one_of_many_in(demo: Demo) -> None:
    member = demo.member(index=2)
    browser = Browser(demo.issuer)
    browser.sign_in(member["email"], member["password"])
    page = browser.get("/account/security").text
    browser.post("/account/security/mail", fields_of(page, "mail-codes"))
    for _ in rounds(10, 2):
        pass_time(demo, 3600)
        before = len(codes_to(demo, member["email"]))
        (opened,) = steps(demo, member, 1)
        code = newest_code(demo, member["email"], more_than=before)
        assert successes(demo, [opened] * CROWD, code) == 1
