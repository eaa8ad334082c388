"""Whoever guesses at an account locks out himself: not its owner, and nobody else.

keycloak#8850 and authelia#6980 are what members of other products had to ask about: am I locked
out, why, until when.
"""

from __future__ import annotations

import os
import re

import pytest

from idp.metrics import VERIFICATIONS
from tests.lifecycle.browser import Browser
from tests.lifecycle.house import House
from tests.lifecycle.people import Person, new_person
from tests.protection.conftest import (
    WRONG,
    attempt,
    browser_at,
    events,
    pass_time,
    sign_out,
    somewhere,
)

LIMIT, KNOWN_LIMIT, FIRST_BLOCK, CAP = 5, 10, 30 * 60, 50
LONG = os.environ.get("RACES") == "long"
DAY = 86_400
CHANGING = re.compile(
    r'(?<=name="csrf_token" value=")[^"]{43}|(?<=<strong class="code">)[2-9A-HJ-NP-TV-Z]{8}'
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)


def looked_at() -> float:
    """Count the passwords that were checked, right or wrong."""
    return sum(
        sample.value
        for metric in VERIFICATIONS.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels["secret"] == "password"
    )


@pytest.fixture
def phone(house: House, owner: Person) -> Browser:
    """The owner's phone: signed in once, known since."""
    browser = browser_at(house)
    assert attempt(browser, owner.address, owner.password) == 200
    sign_out(browser)
    return browser


def guess(house: House, owner: Person, password: str = WRONG) -> Browser:
    """Try once from a new browser at a new address; answers the browser with its page."""
    browser = browser_at(house)
    assert attempt(browser, owner.address, password) == 401
    return browser


def same_page(one: str, other: str) -> bool:
    return CHANGING.sub("~", one) == CHANGING.sub("~", other)


def test_at_every_moment_of_an_attack_the_owner_signs_in_and_is_told(
    house: House, owner: Person, phone: Browser
) -> None:
    somebody = new_person(house)
    for number in range(3 * LIMIT):
        guess(house, owner)
        assert attempt(phone, owner.address, owner.password) == 200
        assert phone.at == "/account"
        assert ('id="blocks"' in phone.page) == (number + 1 >= LIMIT), number
        sign_out(phone)
        other = browser_at(house)
        assert attempt(other, somebody.address, somebody.password) == 200
        pass_time(house, 40)


def test_a_stranger_with_the_right_password_gets_the_page_of_a_wrong_one(
    house: House, owner: Person
) -> None:
    address = somewhere()
    for _ in range(LIMIT):
        guess(house, owner)
    pages = []
    for password in (WRONG, owner.password, WRONG, owner.password):
        browser = browser_at(house, address)
        assert attempt(browser, owner.address, password) == 401
        pages.append(browser.page)
    nobody = browser_at(house, address)
    assert attempt(nobody, owner.address, WRONG) == 401
    assert all(same_page(page, pages[0]) for page in pages)
    assert "分のあいだに" not in pages[0]


def test_a_thousand_days_of_guessing_are_worth_50_guesses(
    house: House, owner: Person, phone: Browser
) -> None:
    before, days = looked_at(), 0
    while days < 1000:
        for _ in range(LIMIT + 1):
            guess(house, owner)
        step = 1 if LONG or days < 20 else 70
        pass_time(house, step * DAY)
        days += step
    assert looked_at() - before == CAP
    guess(house, owner, owner.password)
    assert looked_at() - before == CAP, "not even the right one is looked at"
    assert attempt(phone, owner.address, owner.password) == 200
    assert "はじめての端末から、続けて50回" in phone.page
    sign_out(phone)
    pass_time(house, DAY)
    guess(house, owner)
    assert looked_at() - before == CAP + 2, "the owner's success starts counting anew"


def test_one_mail_tells_of_one_block_and_its_code_explains_it(house: House, owner: Person) -> None:
    house.new_mails()
    for _ in range(4 * LIMIT):
        guess(house, owner)
    (mail,) = [one for one in house.new_mails() if one.to == owner.address]
    assert mail.kind.value == "blocked"
    (event,) = events(house, "block.started", owner.subject)
    assert event["data"]["reference"] == mail.values["reference"]
    assert f"{LIMIT}回" in event["data"]["explained"]["ja"]
    assert f"{LIMIT} times" in event["data"]["explained"]["en"]


def test_an_unknown_address_is_blocked_alike_and_its_mail_goes_to_nobody(house: House) -> None:
    house.new_mails()
    for _ in range(2 * LIMIT):
        browser = browser_at(house)
        assert attempt(browser, "nobody.at.all@mihon.example", WRONG) == 401
    (mail,) = house.new_mails()
    assert (mail.kind.value, mail.to) == ("blocked", None)


@pytest.mark.parametrize(
    ("language", "why", "until", "what"),
    [
        (
            "ja",
            "10回、違うパスワード",
            "まで、その端末での確認を止めています",
            "パスワードを再設定",
        ),
        ("en", "wrong password was entered 10 times", "are stopped until", "set a new password"),
    ],
)
def test_a_known_device_is_told_why_until_when_and_what_to_do(
    house: House, owner: Person, phone: Browser, language: str, why: str, until: str, what: str
) -> None:
    phone.get(f"/sign-in?lang={language}")
    for _ in range(KNOWN_LIMIT):
        assert attempt(phone, owner.address, WRONG) == 401
    assert attempt(phone, owner.address, owner.password) == 401, "the limit is the owner's too"
    for told in (why, until, what):
        assert told in phone.page
    # Another browser, signed in to nothing, hears none of it and has a budget of its own.
    assert attempt(browser_at(house), owner.address, owner.password) == 200
    pass_time(house, FIRST_BLOCK + 1)
    assert attempt(phone, owner.address, owner.password) == 200


def test_the_words_are_the_same_on_the_page_in_the_log_and_behind_the_code(
    house: House, owner: Person, phone: Browser
) -> None:
    from idp.attempts.explaining import explain

    for _ in range(KNOWN_LIMIT):
        attempt(phone, owner.address, WRONG)
    (event,) = events(house, "block.started", owner.subject)
    words = event["data"]["explained"]["ja"]
    with house.foundation.database.read() as tx:
        found = explain(tx, event["data"]["reference"])
    assert found is not None
    assert found.sentences("ja") == words
    for sentence in words.split("。")[:-1]:
        assert sentence in phone.page


def test_the_code_on_a_stranger_s_page_tells_staff_the_rule_and_the_numbers(
    house: House, owner: Person
) -> None:
    from idp.attempts.explaining import explain

    for _ in range(LIMIT):
        guess(house, owner)
    page = guess(house, owner, owner.password).page
    code = re.search(r'<strong class="code">([^<]+)<', page)
    assert code is not None
    with house.foundation.database.read() as tx:
        found = explain(tx, code[1])
    assert found is not None
    assert "確かめられませんでした" in found.sentences("ja")
    assert "was not checked" in found.sentences("en")
    assert f"{LIMIT}回" in found.sentences("ja")
    hit = [one for one in found.rules if one.hit]
    assert [one.considered.rule.value for one in hit] == ["password_from_unknown_device"]


def test_a_reset_lifts_the_block_and_forgets_the_guesses(house: House, owner: Person) -> None:
    for _ in range(LIMIT):
        guess(house, owner)
    reset(house, owner, "another password altogether")
    browser = browser_at(house)
    assert attempt(browser, owner.address, "another password altogether") == 200
    lifted = events(house, "block.lifted", owner.subject)
    assert len(lifted) == 1


def test_a_reset_lifts_no_block_that_a_person_made(house: House, owner: Person) -> None:
    from audit.event import Actor

    for _ in range(LIMIT):
        guess(house, owner)
    house.standing.block(owner.subject, Actor("operator", "test"), "reported stolen")
    browser = browser_at(house)
    browser.get("/recover")
    form = browser.form("reset-request")
    assert form is not None
    house.new_mails()
    browser.post(form.path, form.hidden | {"email": owner.address})
    assert [one.kind.value for one in house.new_mails()] == ["reset_impossible"]


def reset(house: House, owner: Person, password: str) -> None:
    """Set a new password by the mailed code."""
    browser = browser_at(house)
    browser.get("/recover")
    form = browser.form("reset-request")
    assert form is not None
    house.new_mails()
    browser.post(form.path, form.hidden | {"email": owner.address})
    (mail,) = [one for one in house.new_mails() if one.to == owner.address]
    form = browser.form("reset-password")
    assert form is not None
    fields = {"code": mail.values["code"], "new_password": password, "new_password_again": password}
    assert browser.post(form.path, form.hidden | fields).status == 200
