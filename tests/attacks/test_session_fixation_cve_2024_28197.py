"""A session belongs to who signed in, in the browser where they did.

CVE-2024-28197 (a cookie that a neighbouring site planted got past the second factor),
CVE-2024-7341 and CVE-2021-41246 (the cookie stayed the same at the sign-in), CVE-2023-6787 (another
member took over the session that was to be confirmed), CVE-2026-34454 (a cookie that was still good
behind the sign-in page).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.attacks.people import Person
from tests.attacks.visitor import Visitor, visitor
from tests.flows.journey import silently, tokens_for
from tests.support.demo import Demo
from tests.support.factors import fields_of, set_up_app
from tests.support.in_process import InProcess
from tests.support.parties import forward, offset, party
from tests.support.relying_party import Browser, Pkce, answer_of, claims_of

PLANTED = "P" * 43
SESSION, DEVICE = "kumiai_idp", "kumiai_idp_device"


@pytest.fixture(scope="module")
def public(built: Callable[..., InProcess]) -> InProcess:
    """The provider as it is on the internet: with https."""
    return built(issuer="https://id.mihon.example")


def test_what_a_neighbour_can_plant_is_not_read(
    attacked: Demo, public: InProcess, person: Person
) -> None:
    """Only `__Host-` cookies count, and those no neighbouring site can set."""
    owner = visitor(public)
    owner.sign_in(person.email, person.password)
    set_up_app(owner, offset(attacked))

    victim = visitor(public)
    for name in (SESSION, DEVICE, f"__Secure-{DEVICE}", f"__Secure-{SESSION}"):
        victim.plant(name, PLANTED)
    nameless = ("Cookie", f"=__Host-{DEVICE}={PLANTED}; =__Host-{SESSION}={PLANTED}")
    page = victim.get("/sign-in", headers=[nameless])
    drawn = victim.cookie(f"__Host-{DEVICE}")
    assert drawn not in (None, PLANTED)
    cookie = page.headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert victim.sign_in(person.email, person.password, page).status_code == 303
    assert victim.cookie(f"__Host-{DEVICE}") == drawn

    thief = visitor(public)
    thief.plant(f"__Host-{DEVICE}", PLANTED)  # in one's own browser anybody can
    thief.plant(f"__Host-{SESSION}", PLANTED)
    assert thief.get("/account").headers["Location"].startswith("/sign-in")
    asked = thief.sign_in(person.email, person.password)
    assert asked.headers["Location"].startswith("/sign-in/verify?"), "no browser anybody knows"


def test_every_proof_gives_another_cookie(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    browser, desk = visitor(inside), party(attacked, "desk")
    browser.plant(SESSION, PLANTED)
    cookies = [PLANTED]
    for _ in range(3):
        page = browser.authorize(**desk.request(Pkce(), prompt="login"))
        browser.sign_in(person.email, person.password, page)
        cookies.append(str(browser.cookie(SESSION)))
    assert len(set(cookies)) == 4
    for old in cookies[:-1]:
        thief = visitor(inside)
        thief.plant(SESSION, old)
        assert thief.get("/account").status_code == 303
    browser.post("/sign-out", fields_of(browser.get("/sign-out").text, "sign-out"))
    thief = visitor(inside)
    thief.plant(SESSION, cookies[-1])
    assert thief.get("/account").status_code == 303, "ended here, not only forgotten there"


def facts(browser: Browser, client: Any) -> tuple[Any, ...]:
    claims = claims_of(tokens_for(browser, client, prompt="none")["id_token"])
    return claims["sub"], claims["sid"], claims["auth_time"]


def test_another_member_never_gets_the_session_that_was_to_be_confirmed(
    attacked: Demo, person: Person, another: Person
) -> None:
    desk, browser = party(attacked, "desk"), Browser(attacked.issuer)
    browser.sign_in(person.email, person.password)
    held = tokens_for(browser, desk)
    before, cookie = facts(browser, desk), browser.cookie(SESSION)
    forward(attacked, 5)

    pkce = Pkce()
    page = browser.authorize(**desk.request(pkce, prompt="login"))
    assert facts(browser, desk) == before, "to be asked again confirms nothing"
    browser.sign_in(person.email, "not the password", page)
    assert facts(browser, desk) == before
    answer = browser.follow(browser.sign_in(another.email, another.password, page))
    claims = claims_of(desk.exchange(answer_of(answer)["code"], pkce).json()["id_token"])
    after = facts(browser, desk)
    assert after[:2] == (claims["sub"], claims["sid"])
    assert claims["sub"] != before[0]
    assert claims["sid"] != before[1]
    assert desk.userinfo(held["access_token"]).status_code == 401
    assert desk.refresh(held["refresh_token"]).status_code == 400
    stale = Browser(attacked.issuer)
    stale.http.cookies.set(SESSION, str(cookie))
    assert silently(stale, desk)["error"] == "login_required"


def test_a_session_is_not_confirmed_by_somebody_else_s_password(
    inside: InProcess, person: Person, another: Person
) -> None:
    browser: Visitor = visitor(inside)
    browser.sign_in(person.email, person.password)
    other = visitor(inside)
    other.sign_in(another.email, another.password)
    mine = fields_of(browser.get("/reauthenticate?next=/account/stop").text, "re-authenticate")
    for named in ({}, {"username": another.email}, {"email": another.email}):
        sent = mine | named | {"password": "wrong " + person.password}
        assert browser.post("/reauthenticate", sent).status_code == 401
    theirs = fields_of(other.get("/reauthenticate?next=/account/stop").text, "re-authenticate")
    assert (
        browser.post("/reauthenticate", theirs | {"password": another.password}).status_code == 403
    )
