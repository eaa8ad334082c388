"""The provider, two members, three browsers, and the watch over what each request brings about."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from idp.mails.model import MailKind
from tests.lifecycle.browser import DEVICE, SESSION, Browser
from tests.lifecycle.entitled import entitled
from tests.lifecycle.house import Answer, House, Kept
from tests.lifecycle.mailroom import read_mails
from tests.lifecycle.people import Person
from tests.lifecycle.returning import Registration, note_step, see_return
from tests.lifecycle.truth import (
    FRESH,
    Entitled,
    Key,
    Kind,
    Letter,
    Move,
    Pending,
)


@dataclass(frozen=True)
class Sent:
    """A form as a browser sent it."""

    browser: str
    path: str
    fields: dict[str, str] = field(repr=False)


@dataclass
class World:
    """One sequence's world; `tally` counts over all of them what was really reached."""

    house: House
    people: list[Person]
    browsers: dict[str, Browser]
    mail_code_asked: bool
    tally: Counter[str]
    keys: list[Key] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    opened: dict[str, list[str]] = field(default_factory=dict)
    """Secrets of links that each browser was led to."""
    devices: set[tuple[str, Person]] = field(default_factory=set)
    sent: list[Sent] = field(default_factory=list)
    """Forms that were sent, to be sent again."""
    registrations: dict[str, Registration] = field(default_factory=dict)
    _before: dict[Person, Kept] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.house.new_mails()
        self._before = {person: self.house.kept(person.subject) for person in self.people}

    # What browsers do.

    def get(self, browser: Browser, path: str) -> Answer:
        """Open a page: changes nothing, whatever it is."""
        cookie = browser.session
        answer = browser.get(path)
        self._watch(browser, cookie, Entitled(), answer)
        self.see_page(browser, answer)
        return answer

    def open_link(self, browser: Browser, path: str, secret: str) -> None:
        """Follow a link of a mail."""
        self.opened.setdefault(browser.name, []).append(secret)
        self.get(browser, path)

    def post(self, browser: Browser, path: str, fields: dict[str, str]) -> Answer:
        """Send a form, and see that nothing happens that was not entitled to."""
        here = self.who(browser)
        allowed = entitled(self, browser, path, fields)
        self.sent.append(Sent(browser.name, path, fields))
        cookie = browser.session
        answer = browser.post(path, fields)
        self._watch(browser, cookie, allowed, answer)
        note_step(self, browser, fields)
        if allowed.continues:
            self._note_pending(browser, allowed)
        self.see_page(browser, answer)
        if path == "/account/security/app/remove" and answer.status == 200 and here is not None:
            here.totp = here.totp if "app-off" not in browser.at else None
        if path == "/sign-out" and browser.session is None:
            self._end_session_of(cookie, "signed out")
        return answer

    def session_of(self, browser: Browser) -> Key | None:
        """Give the session of a browser, ended or not."""
        return self._session(browser.session)

    def who(self, browser: Browser) -> Person | None:
        """Tell who is signed in in a browser."""
        key = self.session_of(browser)
        if key is None or key.ended or not key.owner.may_enter(self.house.today()):
            return None
        return key.owner

    def add_key(self, key: Key) -> None:
        """Note something that lets its holder in."""
        self.keys.append(key)

    def see_page(self, browser: Browser, answer: Answer) -> None:
        """See that nobody reads of a member but the member."""
        here = self.who(browser)
        if browser.at == "/register":
            return  # it shows what was typed
        for person in self.people:
            shown = person is not here and person.number in answer.text
            assert not shown, f"{browser.name} reads of {person} at {browser.at}"

    # What ends.

    def end(self, person: Person, why: str, keep: object = None) -> None:
        """Everything of a member ends now, but the session of one sign-in; see that it did."""
        now = self.house.now()
        ended = []
        for key in self.keys:
            if key.owner is person and not key.ended:
                if key.kind is Kind.SESSION and key.root is keep and keep is not None:
                    continue
                key.ended = why
                ended.append(key)
                if now - key.born < FRESH[key.kind]:
                    self.tally[f"{why}: fresh {key.kind} ended"] += 1
        self.void(person, why)
        self.check(ended)

    def void(self, person: Person, why: str) -> None:
        """Whatever was mailed to a member or is under way is good for nothing any more."""
        for letter in self.letters:
            if letter.person is person and letter.mail.kind is not MailKind.ADDRESS_CHANGED:
                letter.void = letter.void or why
        for move in self.moves:
            if move.person is person:
                move.void = move.void or why
        for begun in self.pending:
            if begun.person is person:
                begun.void = begun.void or why

    def check(self, keys: list[Key]) -> None:
        """See that ended keys open nothing."""
        for key in keys:
            assert not self.opens(key), f"alive after {key.ended}: {key}"

    def opens(self, key: Key) -> bool:
        """Try a key at every door it was made for."""
        if key.kind is Kind.SESSION:
            answer = self.house.call("GET", "/account", cookie=f"{SESSION}={key.value}")
            return not answer.location.startswith("/sign-in")
        party = key.party
        assert party is not None
        if key.kind is Kind.CODE:
            return party.exchange(key.value, key.verifier).status == 200
        if key.kind is Kind.REFRESH:
            known = party.name != "app" and party.is_active(key.value)
            return known or party.refresh(key.value).status == 200
        answer = party.userinfo(key.value)
        return answer.status != 401 or party.is_active(key.value)

    # What is seen after each request.

    def look(self) -> None:
        """Take what is stored now as what has to be (an act of the office came in between)."""
        self._before = {person: self.house.kept(person.subject) for person in self.people}
        read_mails(self, "office")

    def _watch(
        self, browser: Browser, cookie: str | None, allowed: Entitled, answer: Answer
    ) -> None:
        for person in self.people:
            kept, before = self.house.kept(person.subject), self._before[person]
            self._before[person] = kept
            self._see_sessions(person, before, kept, allowed)
            if before.stopped and not kept.stopped:
                assert allowed.returns is person, f"{person} came back"
                see_return(self, person, kept, self.sent[-1].fields)
            elif kept.address != before.address:
                self._see_address(browser, person, before, kept, allowed, cookie)
            elif kept.password_hash != before.password_hash:
                self._see_password(browser, person, allowed, cookie, answer)
            if kept.stopped and not before.stopped:
                assert allowed.stops is person, f"{person} was stopped"
                person.stopped = True
                self.tally["stopped by the member"] += 1
                self.end(person, "stop")
        if browser.session != cookie:
            self._see_cookie(browser, cookie, allowed, answer)
        read_mails(self, browser.name)

    def _see_sessions(self, person: Person, before: Kept, kept: Kept, allowed: Entitled) -> None:
        grew = kept.sessions > before.sessions
        assert not grew or person in allowed.enters, f"a session of {person} was started"

    def _see_password(
        self,
        browser: Browser,
        person: Person,
        allowed: Entitled,
        cookie: str | None,
        answer: Answer,
    ) -> None:
        new = self.sent[-1].fields.get("new_password", "")
        is_reset = person in allowed.resets
        assert is_reset or allowed.changes is person, f"the password of {person} was set"
        person.former.append(person.password)
        person.password = new
        if not is_reset:
            self.tally["password changed"] += 1
            before = self._session(cookie)
            self.end(person, "password change", keep=before.root if before else None)
            return
        self.tally["password reset"] += 1
        self.devices = {(d, p) for d, p in self.devices if p is not person}
        assert SESSION not in answer.cookies or not answer.cookies[SESSION], "a reset signs in"
        self.end(person, "reset")
        assert person.number not in browser.send("GET", "/account").text, "a reset signs in"

    def _see_address(
        self,
        browser: Browser,
        person: Person,
        before: Kept,
        kept: Kept,
        allowed: Entitled,
        cookie: str | None,
    ) -> None:
        if person in allowed.undoes:
            assert kept.password_hash is None, "taken back, and the password stayed"
            person.former.append(person.password)
            person.password, person.address = "", kept.address
            person.totp = None  # set up within the days that a taking back looks at
            self.tally["address taken back"] += 1
            self.devices = {(d, p) for d, p in self.devices if p is not person}
            self.end(person, "address taken back")
            return
        assert allowed.moves.get(person) == kept.address, f"the address of {person} was changed"
        assert kept.password_hash == before.password_hash
        person.address = kept.address
        self.tally["address changed"] += 1
        move = next(m for m in self.moves if m.person is person and m.new == kept.address)
        self.end(person, "address change", keep=move.root)

    def _see_cookie(
        self, browser: Browser, cookie: str | None, allowed: Entitled, answer: Answer
    ) -> None:
        before = self._session(cookie)
        if browser.session is None:
            return
        page = answer if browser.at == "/account" else browser.send("GET", "/account")
        there = [p for p in self.people if page.status == 200 and p.number in page.text]
        assert len(there) == 1, f"a session of nobody: {page.status}"
        person = there[0]
        entered = person in allowed.enters
        assert entered or allowed.changes is person, f"{browser.name} was signed in as {person}"
        self.tally["signed in"] += entered
        same = before is not None and not before.ended and before.owner is person
        root = before.root if before is not None and same else object()
        self.keys.append(Key(Kind.SESSION, person, browser.session, root, self.house.now()))
        if (
            entered
            and browser.cookies.get(DEVICE)
            and not self.sent[-1].fields.get("shared_device")
        ):
            self.devices.add((browser.cookies[DEVICE], person))
        if before is not None and same:
            before.ended = "replaced"
            self.check([before])
        elif before is not None:
            self._end_session_of(cookie, "somebody else signed in")

    def _end_session_of(self, cookie: str | None, why: str) -> None:
        before = self._session(cookie)
        if before is None:
            return
        ended = [k for k in self.keys if k.root is before.root and not k.ended]
        for key in ended:
            key.ended = why
        self.tally[f"{why}: ended"] += len(ended)
        self.check(ended)

    def _session(self, cookie: str | None) -> Key | None:
        found = (k for k in self.keys if k.kind is Kind.SESSION and k.value == cookie)
        return next(found, None)

    def _note_pending(self, browser: Browser, allowed: Entitled) -> None:
        handle = parse_qs(urlsplit(browser.at).query).get("progress", [""])[0]
        for person in allowed.continues if handle else ():
            now = self.house.now()
            self.pending.append(Pending(person, browser.name, handle, now))
            self.tally["second factor asked"] += 1
