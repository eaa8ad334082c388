"""Half a sign-in is none: nothing but the code leads on, and every entrance asks for it.

CVE-2026-32246 (a session that waited for the code got authorization codes), CVE-2025-64103 (one
factor counted as two), CVE-2026-9091 (one entrance forgot to ask), CVE-2022-30689 (a factor that
was set up was not enforced), CVE-2024-45042 (one of two factors opened the settings).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.attacks.people import Person
from tests.attacks.visitor import Visitor, rules_of, visitor
from tests.support.demo import Demo
from tests.support.factors import App, fields_of, send, set_up_app
from tests.support.in_process import InProcess
from tests.support.parties import offset, party
from tests.support.relying_party import Pkce, answer_of, claims_of

SESSION = "kumiai_idp"
WITHOUT_SESSION = ("/account/stop/done", "/account/address/confirm", "/account/planned")
"""What is shown after the account has ended, and what opens by a link from the mailbox."""
OPEN = ("/static/", "/recover", "/register", "/signed-out", "/sign-in", "/sign-out", "/end_session")


@pytest.fixture(scope="module")
def guarded(attacked: Demo, inside: InProcess, unused: Iterator[Person]) -> tuple[Person, App]:
    """A member who has set up an app."""
    person = next(unused)
    browser = visitor(inside)
    assert browser.sign_in(person.email, person.password).status_code == 303
    return person, set_up_app(browser, offset(attacked))


def half_way(inside: InProcess, person: Person) -> tuple[Visitor, str]:
    browser = visitor(inside)
    return browser, browser.follow(browser.sign_in(person.email, person.password)).text


def test_no_page_opens_to_half_a_sign_in(inside: InProcess, guarded: tuple[Person, App]) -> None:
    person, app = guarded
    browser, page = half_way(inside, person)
    token = fields_of(page, "verification-code")
    pages = [rule for rule in rules_of(inside) if not rule.rule.startswith(OPEN)]
    assert len(pages) > 40
    for rule in pages:
        path = rule.rule.replace("<step>", "confirm").replace("<link>", "x")
        for method in sorted(rule.methods & {"GET", "POST"}):
            answer = browser.ask(method, path, data=token if method == "POST" else None)
            name = f"{method} {path}"
            assert browser.cookie(SESSION) is None, name
            assert person.number not in answer.text, name
            assert "code=" not in answer.headers.get("Location", ""), name
            if path.startswith("/account") and path not in WITHOUT_SESSION:
                refused = answer.status_code in (400, 403)
                assert refused or answer.headers["Location"].startswith("/sign-in"), name
    assert send(browser, page, "verification-code", code=app.recovery_codes[0]).status_code == 303
    assert person.number in browser.get("/account").text, "the code itself does lead on"


def test_half_a_sign_in_gets_no_authorization_code(
    attacked: Demo, inside: InProcess, guarded: tuple[Person, App]
) -> None:
    person, app = guarded
    desk, browser, pkce = party(attacked, "desk"), visitor(inside), Pkce()
    page = browser.authorize(**desk.request(pkce))
    handle = fields_of(page.text, "sign-in")["request"]
    step = browser.follow(browser.sign_in(person.email, person.password, page))
    assert 'id="verification-code"' in step.text

    def leads_on(answer: Any) -> bool:
        return "code=" in answer.headers.get("Location", "")

    silent = answer_of(browser.authorize(**desk.request(Pkce(), prompt="none")))
    assert silent["error"] == "login_required"
    for asked in (desk.request(Pkce()), desk.request(Pkce(), max_age="99999")):
        assert 'id="sign-in"' in browser.authorize(**asked).text
    for path in ("/authorize/continue", "/sign-in", "/consent"):
        assert not leads_on(browser.follow(browser.get(f"{path}?request={handle}")))
    hidden = fields_of(step.text, "verification-code")
    for sent in (hidden | {"request": handle, "consent": "allow"}, hidden | {"code": ""}):
        assert not leads_on(browser.post("/consent", sent))
    done = browser.follow(send(browser, step.text, "verification-code", code=app.recovery_codes[1]))
    claims = claims_of(desk.exchange(answer_of(done)["code"], pkce).json()["id_token"])
    assert "mfa" in claims["amr"], "and what is said of it afterwards is what was done"


ENTRANCES: dict[str, dict[str, str]] = {
    "plain": {},
    "the same again": {"prompt": "login"},
    "an age": {"max_age": "0"},
    "a hint": {"login_hint": "somebody@mihon.example"},
    "one factor wanted": {"acr_values": "urn:kumiai-id:password"},
    "post": {"response_mode": "form_post"},
    "no identity": {"scope": "profile"},
}


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_every_entrance_asks_for_the_code(
    attacked: Demo, inside: InProcess, guarded: tuple[Person, App], entrance: str
) -> None:
    person, _ = guarded
    browser = visitor(inside)
    page = browser.authorize(**party(attacked, "desk").request(Pkce(), **ENTRANCES[entrance]))
    answer = browser.sign_in(person.email, person.password, page)
    assert answer.headers["Location"].startswith("/sign-in/verify?")


@pytest.mark.parametrize(
    ("typed", "more"),
    [
        ("{email}", {"next": "/account/security"}),
        ("{email}", {"shared_device": "on"}),
        ("{upper}", {}),
        (" {email}\u3000", {}),
    ],
    ids=["a page", "shared", "upper case", "blanks"],
)
def test_no_spelling_and_no_field_leaves_the_code_out(
    inside: InProcess, guarded: tuple[Person, App], typed: str, more: dict[str, str]
) -> None:
    person, _ = guarded
    browser = visitor(inside)
    name = typed.format(email=person.email, upper=person.email.upper())
    answer = browser.sign_in(name, person.password, None, **more)
    assert answer.headers["Location"].startswith("/sign-in/verify?")
    assert browser.cookie(SESSION) is None
