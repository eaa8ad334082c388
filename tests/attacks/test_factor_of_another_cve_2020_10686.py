"""Nobody reaches what is another member's: factors, sessions, known browsers.

CVE-2020-10686 (the form that removes a device removed another user's), CVE-2024-39683 (a list of
sessions showed those of others).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.attacks.people import Person
from tests.attacks.visitor import Visitor, visitor
from tests.flows.journey import tokens_for
from tests.support.demo import Demo
from tests.support.factors import App, fields_of, send, set_up_app
from tests.support.in_process import InProcess
from tests.support.parties import offset, party
from tests.support.relying_party import Browser, claims_of, hidden_fields

IDS = re.compile(r'name="(?:session|device|passkey)" value="([^"]+)"')


@dataclass
class Owner:
    """A member with an app, signed in on two browsers."""

    person: Person
    browser: Visitor
    second: Visitor
    app: App


def owner(attacked: Demo, inside: InProcess, person: Person) -> Owner:
    first, second = visitor(inside), visitor(inside)
    for browser in (first, second):
        assert browser.sign_in(person.email, person.password).status_code == 303
    return Owner(person, first, second, set_up_app(first, offset(attacked)))


def ids_of(browser: Visitor) -> set[str]:
    """List the ids that a member's own pages name."""
    pages = [browser.get(f"/account/{page}").text for page in ("devices", "passkeys", "history")]
    return {found for page in pages for found in IDS.findall(page)}


@pytest.fixture
def both(attacked: Demo, inside: InProcess, person: Person, another: Person) -> tuple[Owner, Owner]:
    return owner(attacked, inside, person), owner(attacked, inside, another)


def test_ids_of_another_end_and_forget_nothing(
    attacked: Demo, inside: InProcess, both: tuple[Owner, Owner]
) -> None:
    victim, thief = both
    desk, online = party(attacked, "desk"), Browser(attacked.issuer)
    page = online.follow(online.sign_in(victim.person.email, victim.person.password))
    online.follow(send(online, page.text, "verification-code", code=victim.app.recovery_codes[0]))
    sid = claims_of(tokens_for(online, desk)["id_token"])["sid"]
    stolen = ids_of(victim.browser) | {sid}
    assert len(stolen) >= 3
    form = hidden_fields(thief.browser.get("/account/devices").text)
    for one in stolen:
        token = {"csrf_token": form["csrf_token"]}
        for path, name in (
            ("/account/devices/sign-out", "session"),
            ("/account/devices/forget", "device"),
            ("/account/passkeys/remove", "passkey"),
        ):
            answer = thief.browser.post(path, token | {name: one})
            assert answer.status_code in (303, 400), path
    for browser in (victim.browser, victim.second, online):
        assert browser.get("/account").status_code == 200
    assert ids_of(victim.browser) >= stolen - {sid}
    out = victim.second.get("/sign-out").text
    victim.second.post("/sign-out", fields_of(out, "sign-out"))
    known = victim.second.sign_in(victim.person.email, victim.person.password)
    assert known.headers["Location"] == "/account", "the browser is known as before"


@pytest.mark.parametrize("name", ["subject", "member_number", "email", "user", "username", "id"])
def test_a_factor_is_the_sender_s_own_whoever_is_named(
    inside: InProcess, both: tuple[Owner, Owner], name: str
) -> None:
    victim, thief = both
    named = {
        name: victim.person.email if "mail" in name or "user" in name else victim.person.number
    }
    page = thief.browser.get("/account/security").text
    for form in ("remove-app", "mail-codes"):
        sent = send(thief.browser, page, form, **named)
        assert sent.status_code in (303, 400), form
    stranger = visitor(inside)
    asked = stranger.follow(stranger.sign_in(victim.person.email, victim.person.password))
    assert 'id="verification-code"' in asked.text, "the victim's app is still asked for"
    assert "認証アプリ" in asked.text
    code = thief.app.recovery_codes[1]
    assert send(stranger, asked.text, "verification-code", code=code).status_code == 401


def test_every_list_shows_its_owner_s_own(both: tuple[Owner, Owner]) -> None:
    victim, thief = both
    assert not ids_of(victim.browser) & ids_of(thief.browser)
    pages = ("", "/devices", "/security", "/passkeys", "/applications", "/history", "/changes")
    for page in pages:
        shown = thief.browser.get(f"/account{page}").text
        for secret in (
            victim.person.email,
            victim.person.number,
            victim.browser.cookie("kumiai_idp"),
        ):
            assert str(secret) not in shown, page
        assert str(thief.browser.cookie("kumiai_idp")) not in shown, "not even one's own cookie"
