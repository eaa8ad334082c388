"""What ends a session ends it: in every process, at once, for every kind of thing held.

CVE-2023-40273 (sessions outlived a new password), airflow#72657 (a way of changing it that ended
nothing). Nothing here looks into a table: cookies and tokens are shown to the running processes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.attacks.people import Person
from tests.flows.journey import code_for, tokens_for
from tests.races.crowd import Answer, Crowd, Shot
from tests.recovery.steps import NEW, mailed, set_with
from tests.selfservice.house import post_form
from tests.support.demo import Demo
from tests.support.factors import fields_of
from tests.support.parties import SECRETS, party
from tests.support.relying_party import Browser, Pkce

EACH = 12
"""Connections for each question: enough to meet both processes."""
BASIC = base64.b64encode(f"desk:{SECRETS['desk']}".encode()).decode()


@dataclass
class Held:
    """One of everything that a sign-in gives."""

    demo: Demo
    browser: Browser
    tokens: dict[str, Any]
    code: str
    pkce: Pkce

    def shown(self) -> list[Answer]:
        """Show cookie and tokens on many connections at the same moment."""
        cookie = f"kumiai_idp={self.browser.cookie('kumiai_idp')}"
        bearer, basic = f"Bearer {self.tokens['access_token']}", f"Basic {BASIC}"
        asks = [
            Shot("GET", "/account", {}, {"Cookie": cookie}),
            Shot("GET", "/userinfo", {}, {"Authorization": bearer}),
            *(
                Shot("POST", "/introspect", {"token": self.tokens[kind]}, {"Authorization": basic})
                for kind in ("access_token", "refresh_token")
            ),
        ]
        return Crowd(self.demo.issuer).fire(asks * EACH)


def held_by(demo: Demo, person: Person) -> Held:
    browser, desk, pkce = Browser(demo.issuer), party(demo, "desk"), Pkce()
    assert browser.sign_in(person.email, person.password).headers["Location"] == "/account"
    tokens = tokens_for(browser, desk)
    return Held(demo, browser, tokens, code_for(browser, desk, pkce), pkce)


def lives(answer: Answer) -> bool:
    return answer.status == 200 and answer.body != b'{"active":false}'


def by_reset(held: Held, person: Person) -> None:
    browser, page, code, _ = mailed(held.demo, person.email)
    assert set_with(browser, page, code=code).status_code == 303


def by_change(held: Held, person: Person) -> None:
    browser = Browser(held.demo.issuer)
    browser.sign_in(person.email, person.password)
    fields = {"password": person.password, "new_password": NEW, "new_password_again": NEW}
    assert post_form(browser, "/account/password", "change-password", fields).status_code == 200


def by_another_browser(held: Held, person: Person) -> None:
    browser = Browser(held.demo.issuer)
    browser.sign_in(person.email, person.password)
    page = browser.get("/account/devices").text
    token = {"csrf_token": fields_of(page, "forget-all")["csrf_token"]}
    assert browser.post("/account/devices/sign-out", token).status_code == 303


def by_signing_out(held: Held, _: Person) -> None:
    thief = Browser(held.demo.issuer)
    thief.http.cookies.update(held.browser.http.cookies)
    thief.post("/sign-out", fields_of(thief.get("/sign-out").text, "sign-out"))


def by_a_stop(held: Held, person: Person) -> None:
    done = held.demo.idp("account", "stop", person.number, "--reason", "asked by letter")
    assert done.returncode == 0, done.stderr


ENDINGS: dict[str, Callable[[Held, Person], None]] = {
    "a new password by mail": by_reset,
    "a changed password": by_change,
    "another browser": by_another_browser,
    "signing out": by_signing_out,
    "a stop": by_a_stop,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_left_anywhere(attacked: Demo, person: Person, ending: str) -> None:
    held, desk = held_by(attacked, person), party(attacked, "desk")
    assert all(lives(answer) for answer in held.shown()), "both processes have seen it alive"
    ENDINGS[ending](held, person)
    alive = [answer for answer in held.shown() if lives(answer)]
    assert alive == [], f"{len(alive)} of {4 * EACH} still live"
    assert desk.refresh(held.tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert desk.exchange(held.code, held.pkce).json()["error"] == "invalid_grant"


def test_the_cookie_that_names_a_browser_is_no_session(attacked: Demo, person: Person) -> None:
    held = held_by(attacked, person)
    remembered = Browser(attacked.issuer)
    remembered.http.cookies.set("kumiai_idp_device", str(held.browser.cookie("kumiai_idp_device")))
    assert remembered.get("/account").headers["Location"].startswith("/sign-in")
    remembered.http.cookies.set("kumiai_idp", str(held.browser.cookie("kumiai_idp_device")))
    assert remembered.get("/account").headers["Location"].startswith("/sign-in")
