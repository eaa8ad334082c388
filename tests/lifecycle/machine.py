"""The state machine: what two members, a stranger with an account, and the office may do next.

Rules do things and know nothing of right and wrong; `World` watches. Signing in and tokens are
here; the office, the pages of the life of a member and the stranger add their own.
"""

from __future__ import annotations

import itertools
import secrets
from collections import Counter
from typing import ClassVar

import pyotp
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from idp.clock import to_seconds
from idp.mails.model import MailKind
from tests.lifecycle.browser import Browser, Form
from tests.lifecycle.clients import Party
from tests.lifecycle.house import Answer, House
from tests.lifecycle.people import Person, end_membership, new_person
from tests.lifecycle.truth import STEP, Key, Kind, Letter
from tests.lifecycle.world import World

BROWSERS = st.sampled_from(("phone", "pc", "stranger"))
MEMBERS = st.sampled_from((0, 1))
PARTIES = st.sampled_from(("till", "app"))
_ADDRESSES = itertools.count()


class Machine(RuleBasedStateMachine):
    """Two members: one with a telephone and a computer, one who is the stranger."""

    house: ClassVar[House]
    mail_code_asked: ClassVar[bool]
    tally: ClassVar[Counter[str]]
    world: World

    @initialize(
        start=st.sampled_from(("nothing", "signed in", "tokens", "tokens", "tokens twice")),
        with_app=st.sampled_from((False, False, False, True)),
    )
    def begin(self, start: str, with_app: bool) -> None:
        """Begin a sequence with fresh members."""
        self.tally["sequences"] += 1
        self.house.set_clock(0)
        people = [new_person(self.house), new_person(self.house)]
        number = next(_ADDRESSES)
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        browsers = {
            name: Browser(self.house, name, address) for name in ("phone", "pc", "stranger")
        }
        self.world = World(self.house, people, browsers, self.mail_code_asked, self.tally)
        if with_app:
            self._set_up_app(people[0])
        if start != "nothing":
            self.ensure_signed_in(self.browser("phone"))
        if start.startswith("tokens"):
            self.tokens("phone", "till", True)
        if start == "tokens twice":
            self.tokens("phone", "app", True)
            self.tokens("phone", "till", False)

    def teardown(self) -> None:
        """What has ended stays ended, and no password but the last one signs in."""
        if not hasattr(self, "world"):
            return
        world = self.world
        world.check([key for key in world.keys if key.ended][-8:])
        for person in world.people:
            self._try_former(person)
            if person.ends_on is not None:
                end_membership(self.house, person, None)

    # What the rules need.

    def browser(self, name: str) -> Browser:
        """Give a browser."""
        return self.world.browsers[name]

    def owner(self, browser: Browser) -> Person:
        """Tell who sits in front of a browser."""
        return self.world.people[browser.name == "stranger"]

    def readable(self, browser: Browser, *kinds: MailKind) -> list[Letter]:
        """List the mails the person at a browser has, the newest last."""
        boxes = self.owner(browser).mailboxes
        return [x for x in self.world.letters if x.mail.to in boxes and x.mail.kind in kinds]

    def code_of(self, browser: Browser, *kinds: MailKind) -> str:
        """Give the newest code out of the mails of the person at a browser."""
        found = self.readable(browser, *kinds)
        return found[-1].value("code") if found else "00000000"

    def send(self, browser: Browser, form: Form | None, **typed: str) -> bool:
        """Send a form with what was typed; False where the page has none."""
        if form is None:
            return False
        self.world.post(browser, form.path, form.hidden | typed)
        return True

    def ensure_signed_in(self, browser: Browser) -> bool:
        """Sign the person at a browser in, second factor included."""
        person = self.owner(browser)
        if self.world.who(browser) is person:
            return True
        self.sign_in(browser.name, self.world.people.index(person), "current", False, False)
        if browser.form("verification-code"):
            self.enter_code(browser.name, "right")
        return self.world.who(browser) is person

    def second_code(self, browser: Browser) -> str:
        """Give the code that a person at a browser would type."""
        person = self.owner(browser)
        if person.totp is None:
            return self.code_of(browser, MailKind.SIGN_IN_CODE)
        step = to_seconds(self.house.now()) // STEP
        app = pyotp.TOTP(person.totp)
        codes = [app.generate_otp(step + drift) for drift in (0, 1)]
        return next((code for code in codes if code not in person.used_codes), codes[0])

    # Signing in and out.

    @rule(
        name=BROWSERS,
        who=MEMBERS,
        which=st.sampled_from(("current", "current", "former", "wrong")),
        shared=st.sampled_from((False, False, True)),
        again=st.booleans(),
    )
    def sign_in(self, name: str, who: int, which: str, shared: bool, again: bool) -> None:
        """Somebody types a password; nobody knows the present one of somebody else."""
        browser, person = self.browser(name), self.world.people[who]
        password = "nobody ever had this one"
        if which == "current" and self.owner(browser) is person and person.password:
            password = person.password
        elif which == "former" and person.former:
            password = person.former[-1] or password
        page = "/sign-in"
        if again:
            page = Party(self.house, "till").question(secrets.token_urlsafe(32), prompt="login")
        self.world.get(browser, page)
        typed = {"username": person.address, "password": password}
        self.send(
            browser, browser.form("sign-in"), **typed, **({"shared_device": "1"} if shared else {})
        )

    @rule(name=BROWSERS, which=st.sampled_from(("right", "right", "wrong", "of a reset")))
    def enter_code(self, name: str, which: str) -> None:
        """Somebody types a second factor."""
        browser = self.browser(name)
        if browser.form("verification-code") is None:
            begun = [one for one in self.world.pending if one.browser == name]
            if not begun:
                return
            self.world.get(browser, f"/sign-in/verify?progress={begun[-1].handle}")
        code = {
            "right": self.second_code(browser),
            "of a reset": self.code_of(browser, MailKind.RESET),
        }.get(which, "000000")
        person = self.owner(browser)
        before = self.world.session_of(browser)
        self.send(browser, browser.form("verification-code"), code=code)
        if self.world.session_of(browser) is not before:
            person.used_codes.add(code)
            self.tally["second factor shown"] += 1

    @rule(name=BROWSERS)
    def sign_out(self, name: str) -> None:
        """Somebody signs out."""
        browser = self.browser(name)
        self.world.get(browser, "/account")
        if self.send(browser, browser.form("sign-out")):
            self.tally["signed out"] += 1

    # Tokens.

    @rule(name=BROWSERS, party=PARTIES, exchange=st.sampled_from((True, True, False)))
    def tokens(self, name: str, party: str, exchange: bool) -> None:
        """A relying party gets a code, and tokens for it now or later."""
        browser, asking = self.browser(name), Party(self.house, party)
        if not self.ensure_signed_in(browser):
            return
        verifier = secrets.token_urlsafe(32)
        answer = self.world.get(browser, asking.question(verifier))
        consent = browser.form("consent")
        if consent is not None and answer.status == 200:
            answer = self.world.post(browser, consent.path, consent.hidden | {"consent": "allow"})
        code, session = asking.code_in(answer), self.world.session_of(browser)
        if code is None or session is None:
            return
        born = self.house.now()
        key = Key(Kind.CODE, session.owner, code, session.root, born, asking, verifier)
        self.world.add_key(key)
        if exchange:
            self._exchange(key)

    @rule(index=st.integers(0, 5))
    def use(self, index: int) -> None:
        """A relying party exchanges a code that waited, or refreshes."""
        kinds = (Kind.CODE, Kind.REFRESH)
        waiting = [key for key in self.world.keys if key.kind in kinds and not key.ended]
        if not waiting:
            return
        key = waiting[index % len(waiting)]
        if key.kind is Kind.CODE:
            self._exchange(key)
        elif key.party is not None:
            self._keep(key, key.party.refresh(key.value))

    def _exchange(self, key: Key) -> None:
        if key.party is not None:
            self._keep(key, key.party.exchange(key.value, key.verifier))

    def _keep(self, key: Key, answer: Answer) -> None:
        self.world.keys.remove(key)
        if answer.status == 200:
            self.tally[f"{key.kind} used"] += 1
            assert key.owner.may_enter(self.house.today()), "tokens for somebody without access"
            born, told = self.house.now(), answer.json
            for kind, name in ((Kind.ACCESS, "access_token"), (Kind.REFRESH, "refresh_token")):
                if name in told:
                    fresh = Key(kind, key.owner, told[name], key.root, born, key.party)
                    self.world.add_key(fresh)

    def _set_up_app(self, person: Person) -> None:
        """Set an authenticator app up, as its page does."""
        totp = self.house.totp
        now = self.house.now()
        with self.house.foundation.database.begin() as tx:
            totp.begin(tx, person.subject, now)
            person.totp = self.house.app_secret(tx, person.subject)
            code = pyotp.TOTP(person.totp).generate_otp(to_seconds(now) // STEP - 1)
            assert totp.confirm(tx, person.subject, code, now).right
        person.used_codes.add(code)

    def _try_former(self, person: Person) -> None:
        browser = Browser(self.house, "anybody", "10.255.255.255")
        for password in [p for p in person.former if p and p != person.password][-2:]:
            browser.get("/sign-in")
            form = browser.form("sign-in")
            assert form is not None
            browser.post(
                form.path, form.hidden | {"username": person.address, "password": password}
            )
            at_verify = browser.at.startswith("/sign-in/verify")
            assert browser.session is None, f"{person}: an old password signs in"
            assert not at_verify, f"{person}: an old password is right"
            self.tally["old password refused"] += 1
