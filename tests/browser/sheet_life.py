"""The life of a member for the contact sheet: forgotten password, registration, one's own pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, expect

from tests.browser import journey
from tests.browser.sheet_walks import MEMBERS, Take
from tests.browser.visitor import DESKTOP, LOCALES, Visitor, visitor
from tests.promises.mailbox import arrived, link_in
from tests.promises.moments import begin_at, tokyo
from tests.promises.registering import (
    PASSWORD,
    give_invitation,
    press,
    print_letters,
    printed_code,
)
from tests.support.demo import Demo, running_demo

OWN = {
    "account": "",
    "changes": "/changes",
    "changes-name": "/changes?kind=name",
    "changes-address": "/changes?kind=address",
    "changes-phone": "/changes?kind=phone",
    "changes-workplace": "/changes?kind=workplace",
    "address": "/address",
    "password": "/password",
    "security": "/security",
    "passkeys": "/passkeys",
    "devices": "/devices",
    "history": "/history",
    "applications": "/applications",
    "data": "/data",
    "stop": "/stop",
}
PORTAL = {
    "changes": "/changes",
    "change-name": "/changes/name",
    "change-address": "/changes/address",
    "change-phone": "/changes/phone",
    "change-workplace": "/changes/workplace",
}
UNREGISTERED = {"ja": "00000108", "en": "00000204"}


def life_pages(browser: Browser, take: Take) -> None:
    """Take every page between the invitation and the stop of the service, in both languages."""
    with TemporaryDirectory() as folder, running_demo(Path(folder), "--workers", "1") as demo:
        for language in LOCALES:
            _life(browser, demo, take, language)
    _before_the_opening(browser, take)


def _life(browser: Browser, demo: Demo, take: Take, language: str) -> None:
    with _photographer(browser, demo, take, language) as (v, at):
        _recovery(v, demo, at)
    with _photographer(browser, demo, take, language) as (v, at):
        _registration(v, demo, at)
    with _photographer(browser, demo, take, language) as (v, at):
        _own_pages(v, demo, at, take)


class At:
    """Takes the page in front under a name."""

    def __init__(self, v: Visitor, take: Take) -> None:
        self._v, self._take = v, take

    def __call__(self, state: str, at: str = "main") -> None:
        expect(self._v.page.locator(at).first).to_be_visible()
        self._take(self._v.page, "provider", state, self._v.language)


@contextmanager
def _photographer(
    browser: Browser, demo: Demo, take: Take, language: str
) -> Iterator[tuple[Visitor, At]]:
    with visitor(browser, demo, DESKTOP, language=language) as v:
        yield v, At(v, take)


def _not_checked(v: Visitor) -> None:
    """Let a form be sent as a browser would that checks nothing itself."""
    v.page.evaluate("document.querySelectorAll('form').forEach(form => form.noValidate = true)")


def _recovery(v: Visitor, demo: Demo, at: At) -> None:
    member = demo.member(index=2 + MEMBERS[v.language])
    v.page.goto(f"{demo.issuer}/recover")
    at("recover", "form#reset-request")
    _not_checked(v)
    press(v.page, "reset-request")
    at("recover-errors", ".alert")
    v.page.fill("#email", member["email"])
    press(v.page, "reset-request")
    at("recover-code", "form#reset-password")
    _not_checked(v)
    v.page.fill("#code", "00000000")
    v.page.fill("#new_password", PASSWORD)
    v.page.fill("#new_password_again", PASSWORD)
    press(v.page, "reset-password")
    at("recover-code-wrong", ".alert")
    link = link_in(arrived(demo, member["email"], lambda m: "/recover" in m["text"]), demo, "")
    v.page.goto(link)
    at("recover-link", "form#reset-password")
    _not_checked(v)
    v.page.fill("#new_password", "password")
    press(v.page, "reset-password")
    at("recover-link-errors", ".alert")
    v.page.fill("#new_password", PASSWORD)
    v.page.fill("#new_password_again", PASSWORD)
    press(v.page, "reset-password")
    at("recover-done", 'main a[href="/sign-in"]')
    v.page.goto(link)
    at("recover-ended", 'main a[href="/recover"]')


def _registration(v: Visitor, demo: Demo, at: At) -> None:
    number = UNREGISTERED[v.language]
    person, email = journey.person_of({"number": number}), f"new-{v.language}@mihon.example"
    v.page.goto(f"{demo.issuer}/register")
    at("register", "form#register")
    _not_checked(v)
    press(v.page, "register")
    at("register-errors", ".alert")
    give_invitation(v.page, "ABCD-EFGH-JKMN-PQRS", number, person.birth_date)
    at("register-not-fitting", ".reference")
    give_invitation(v.page, _code(demo, number), number, person.birth_date)
    at("register-email", "#email")
    v.page.fill("#email", email)
    press(v.page, "register")
    at("register-code", "#code")
    v.page.fill("#code", "000000")
    press(v.page, "register")
    at("register-code-wrong", ".reference")
    mail = arrived(demo, email, lambda m: m["code"])
    v.page.fill("#code", mail["code"])
    press(v.page, "register")
    at("register-password", "#new_password")
    v.page.fill("#new_password", "password12")
    v.page.fill("#new_password_again", "password12")
    press(v.page, "register")
    at("register-password-refused", ".alert")
    v.page.fill("#new_password", PASSWORD)
    v.page.fill("#new_password_again", PASSWORD)
    press(v.page, "register")
    at("register-done", 'main a[href="/sign-in"]')
    v.page.goto(f"{demo.issuer}/register?request=gone")
    at("register-ended")


def _code(demo: Demo, number: str) -> str:
    """Invite a member anew by letter, and read the code off it."""
    with TemporaryDirectory() as folder:
        print_letters(demo, Path(folder) / "earlier.pdf")
        invited = demo.idp("invite", "send", number, "--letter")
        assert invited.returncode == 0, invited.stderr
        return printed_code(demo, Path(folder) / "letter.pdf")


def _own_pages(v: Visitor, demo: Demo, at: At, take: Take) -> None:
    member = demo.member(index=4 + MEMBERS[v.language])
    journey.sign_in(v, demo, member)
    for state, path in OWN.items():
        v.page.goto(f"{demo.issuer}/account{path}")
        at(f"own-{state}")
    for state, path in PORTAL.items():
        v.page.goto(f"{demo.facts['portal']}{path}")
        take(v.page, "portal", state, v.language)
    v.page.goto(f"{demo.facts['portal']}/changes/name")
    v.page.fill("#family_kana", "漢字")
    press(v.page, "change-request")
    take(v.page, "portal", "change-errors", v.language)
    v.page.fill("#family_name", "新例")
    v.page.fill("#family_kana", "シンレイ")
    press(v.page, "change-request")
    expect(v.page.locator("#received")).to_be_visible()
    take(v.page, "portal", "change-sent", v.language)
    v.page.goto(f"{demo.issuer}/account/changes")
    at("own-changes-open")
    v.page.goto(f"{demo.issuer}/account/stop")
    press(v.page, "stop-service")
    at("own-stopped", "h1")


def _before_the_opening(browser: Browser, take: Take) -> None:
    with TemporaryDirectory() as folder:
        begin_at(Path(folder) / "clock", tokyo(2017, 8, 14, 12))
        with running_demo(Path(folder), "--workers", "1") as demo:
            for language in LOCALES:
                with _photographer(browser, demo, take, language) as (v, at):
                    v.page.goto(f"{demo.issuer}/register")
                    at("register-not-open", "h1")
