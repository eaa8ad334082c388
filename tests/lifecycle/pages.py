"""What the pages of the life of a member offer: reset, password, address, second factor, stop."""

from __future__ import annotations

import secrets

from hypothesis import strategies as st
from hypothesis.stateful import rule

from idp.mails.model import MailKind
from tests.lifecycle.browser import Browser
from tests.lifecycle.machine import BROWSERS, PARTIES
from tests.lifecycle.office import Office
from tests.lifecycle.people import invite, mailbox
from tests.lifecycle.truth import Kind

LINKED = (
    MailKind.RESET,
    MailKind.NEW_ADDRESS,
    MailKind.OLD_ADDRESS,
    MailKind.ADDRESS_CHANGED,
)


def new_password() -> str:
    """Draw a password that every rule accepts."""
    return f"a quiet {secrets.token_hex(6)} evening"


class Pages(Office):
    """Members use the pages as they are meant, at any time and in any browser."""

    # A forgotten password.

    @rule(name=BROWSERS, who=st.sampled_from((0, 0, 1, 2)))
    def ask_for_reset(self, name: str, who: int) -> None:
        """Somebody asks for a mail to an address."""
        browser = self.browser(name)
        people = self.world.people
        email = people[who].address if who < len(people) else f"{mailbox()}@mihon.example"
        self.world.get(browser, "/recover")
        self.send(browser, browser.form("reset-request"), email=email)

    @rule(
        name=BROWSERS,
        which=st.sampled_from(("right", "right", "right", "wrong", "of a sign-in", "none")),
        same=st.sampled_from((True, True, True, False)),
    )
    def set_new_password(self, name: str, which: str, same: bool) -> None:
        """Somebody who is asked for a new password types one, with some code."""
        browser, new = self.browser(name), new_password()
        code = {
            "right": self.code_of(browser, MailKind.RESET),
            "of a sign-in": self.code_of(browser, MailKind.SIGN_IN_CODE),
            "none": "",
        }.get(which, "00000000")
        before = self.owner(browser).password
        typed = {"new_password": new, "new_password_again": new if same else new_password()}
        sent = self.send(browser, browser.form("reset-password"), code=code, **typed)
        if sent and self.owner(browser).password == before:
            self.owner(browser).former.append(new)
            self.tally["reset refused"] += 1

    @rule(name=BROWSERS, how=st.sampled_from(("code", "link")))
    def reset(self, name: str, how: str) -> None:
        """Somebody goes the whole way, from the address to the new password."""
        browser = self.browser(name)
        self.ask_for_reset(name, self.world.people.index(self.owner(browser)))
        if how == "link":
            self.follow_link(name, -1, MailKind.RESET)
        self.set_new_password(name, "right", True)

    @rule(
        name=BROWSERS,
        index=st.integers(-3, -1),
        kind=st.sampled_from(LINKED),
    )
    def follow_link(self, name: str, index: int, kind: MailKind) -> None:
        """Somebody follows a link of a mail of the own mailboxes."""
        browser = self.browser(name)
        letters = [x for x in self.readable(browser, kind) if x.value("link")]
        if letters:
            letter = letters[max(index, -len(letters))]
            self.world.open_link(browser, letter.value("link"), letter.secret)

    @rule(index=st.integers(-3, -1))
    def scan(self, index: int) -> None:
        """A mail scanner follows a link, and asks for the page with every button it may press."""
        letters = [x for x in self.world.letters if x.value("link")]
        if not letters:
            return
        scanner = Browser(self.house, "scanner", "10.254.1.1")
        path = letters[max(index, -len(letters))].value("link")
        self.house.call("HEAD", path)
        self.world.get(scanner, path)
        self.tally["link scanned"] += 1

    # The address.

    @rule(name=BROWSERS, to=st.sampled_from(("new", "new", "taken")))
    def ask_for_address(self, name: str, to: str) -> None:
        """A member wants to sign in with another address."""
        browser = self.browser(name)
        if not self.ensure_signed_in(browser):
            return
        person = self.owner(browser)
        other = next(p for p in self.world.people if p is not person)
        email = other.address if to == "taken" else f"{mailbox()}@mihon.example"
        self.world.get(browser, "/account/address?again=1")
        if browser.form("re-authenticate"):
            self.authenticate_again(name, True)
        if to == "new":
            person.mailboxes.add(email)
        self.send(browser, browser.form("new-address"), email=email)

    @rule(name=BROWSERS)
    def press(self, name: str) -> None:
        """Somebody presses the button of the page a mail led to."""
        browser = self.browser(name)
        form = browser.form("new-address")
        if form is not None and "link" in form.hidden:
            self.send(browser, form)

    @rule(name=BROWSERS, kind=st.sampled_from((MailKind.NEW_ADDRESS, MailKind.OLD_ADDRESS)))
    def type_address_code(self, name: str, kind: MailKind) -> None:
        """A member types the code of one of the two mails."""
        browser = self.browser(name)
        self.world.get(browser, "/account/address")
        form = browser.form("new-address")
        if form is not None and form.path.endswith("/code"):
            self.send(browser, form, code=self.code_of(browser, kind))

    @rule(name=BROWSERS, by_link=st.booleans(), undo=st.booleans())
    def move(self, name: str, by_link: bool, undo: bool) -> None:
        """A member changes the address, the whole way; and perhaps takes it back."""
        self.ask_for_address(name, "new")
        for kind in (MailKind.NEW_ADDRESS, MailKind.OLD_ADDRESS):
            if by_link:
                self.follow_link(name, -1, kind)
                self.press(name)
            else:
                self.type_address_code(name, kind)
        if undo:
            self.take_back(name)

    @rule(name=BROWSERS)
    def take_back(self, name: str) -> None:
        """The old mailbox takes a change back."""
        self.follow_link(name, -1, MailKind.ADDRESS_CHANGED)
        self.press(name)

    # Coming back.

    @rule(name=BROWSERS, right=st.sampled_from((True, True, False)), stop=st.booleans())
    def come_back(self, name: str, right: bool, stop: bool) -> None:
        """A member who stopped is invited, and registers again; or somebody lacks a code."""
        browser, person = self.browser(name), self.owner(self.browser(name))
        if stop and not person.stopped:
            self.office(self.world.people.index(person), "stop")
        if not person.stopped:
            return
        invite(self.house, person)
        self.world.look()
        email, new = f"{mailbox()}@mihon.example", new_password()
        person.mailboxes.add(email)
        self.world.get(browser, "/register")
        self.send(
            browser,
            browser.form("register"),
            invitation_code=self.code_of(browser, MailKind.INVITATION),
            member_number=person.number,
            birth_date="1970-01-02",
        )
        self.send(browser, browser.form("register"), email=email)
        code = self.code_of(browser, MailKind.REGISTER_CODE) if right else "000000"
        self.send(browser, browser.form("register"), code=code)
        typed = {"new_password": new, "new_password_again": new}
        self.send(browser, browser.form("register"), **typed)

    # Signed in.

    @rule(name=BROWSERS, right=st.sampled_from((True, True, False)))
    def change_password(self, name: str, right: bool) -> None:
        """A member who is signed in changes the password."""
        browser, new = self.browser(name), new_password()
        self.world.get(browser, "/account/password")
        person = self.world.who(browser) or self.owner(browser)
        known = right and person is self.owner(browser)
        password = person.password if known else "nobody ever had this one"
        typed = {"password": password, "new_password": new, "new_password_again": new}
        if self.send(browser, browser.form("change-password"), **typed) and person.password != new:
            person.former.append(new)

    @rule(name=BROWSERS, right=st.booleans())
    def authenticate_again(self, name: str, right: bool) -> None:
        """A member shows once more who is there."""
        browser = self.browser(name)
        if browser.form("re-authenticate") is None:
            self.world.get(browser, "/reauthenticate?next=/account/stop")
        password = self.owner(browser).password if right else "nobody ever had this one"
        typed = {"password": password, "code": self.second_code(browser) if right else "000000"}
        if self.send(browser, browser.form("re-authenticate"), **typed):
            self.owner(browser).used_codes.add(typed["code"])

    @rule(name=BROWSERS, sure=st.sampled_from((False, False, True)))
    def stop(self, name: str, sure: bool) -> None:
        """A member stops using the service, or thinks better of it."""
        browser = self.browser(name)
        self.world.get(browser, "/account/stop")
        if browser.form("re-authenticate"):
            self.authenticate_again(name, True)
        if sure:
            self.send(browser, browser.form("stop-service"))

    @rule(name=BROWSERS, party=PARTIES)
    def revoke(self, name: str, party: str) -> None:
        """A member takes back what a relying party was allowed."""
        browser = self.browser(name)
        self.world.get(browser, "/account/applications")
        person = self.world.who(browser)
        form = next((f for f in browser.forms() if f.hidden.get("client_id") == party), None)
        if person is None or not self.send(browser, form):
            return
        kinds = (Kind.CODE, Kind.ACCESS, Kind.REFRESH)
        given = [k for k in self.world.keys if k.kind in kinds and k.owner is person]
        ended = [k for k in given if k.party and k.party.name == party and not k.ended]
        for key in ended:
            key.ended = "taken back"
        self.tally["taken back: ended"] += len(ended)
        self.world.check(ended)

    @rule(name=BROWSERS, which=st.sampled_from(("end-others", "forget-all")))
    def devices(self, name: str, which: str) -> None:
        """A member signs the other browsers out, or forgets all of them."""
        browser = self.browser(name)
        self.world.get(browser, "/account/devices")
        person, session = self.world.who(browser), self.world.session_of(browser)
        if person is None or session is None or not self.send(browser, browser.form(which)):
            return
        if which == "forget-all":
            kept = {(d, p) for d, p in self.world.devices if p is not person}
            self.world.devices = kept
            self.tally["devices forgotten"] += 1
            return
        others = [
            key
            for key in self.world.keys
            if key.owner is person and key.root is not session.root and not key.ended
        ]
        for key in others:
            key.ended = "signed out elsewhere"
        self.tally["signed out elsewhere: ended"] += len(others)
        self.world.check(others)
