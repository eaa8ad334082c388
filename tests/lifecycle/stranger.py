"""What somebody does who plays with the requests: mixed, repeated, out of order, made up.

The stranger has an account and a mailbox, knows every address and number and all passwords of
earlier days, and has pages of others but for what is secret in them. Members do strange things
too, with what is theirs.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from idp.mails.model import MailKind
from tests.lifecycle.browser import Browser
from tests.lifecycle.machine import BROWSERS, MEMBERS
from tests.lifecycle.pages import LINKED, Pages, new_password

SECRET = frozenset(
    {"password", "code", "new_password", "new_password_again", "link", "csrf_token", "email"}
)
"""Fields of a form that only the sender knows."""
PLACES = (
    "/account",
    "/account/security",
    "/account/devices",
    "/account/history",
    "/account/changes",
    "/account/password",
    "/account/address",
    "/account/stop",
    "/account/stop/done",
    "/recover/password",
    "/recover/done",
    "/register",
    "/register/done",
    "/reauthenticate?next=/account",
    "/sign-in?next=/account/stop",
)
LINK_PAGES = (
    "/recover/{}",
    "/account/address/new?link={}",
    "/account/address/old?link={}",
    "/account/address/undo?link={}",
)
FORM_PATHS = (
    "/recover/password",
    "/sign-in/verify",
    "/account/password",
    "/account/address/code",
    "/account/address/undo",
    "/account/stop",
    "/account/security/app/remove",
    "/register",
    "/reauthenticate",
)


class Lifecycle(Pages):
    """Everything, and the stranger."""

    @rule(name=BROWSERS, index=st.integers(0, 40), own_token=st.booleans())
    def repeat(self, name: str, index: int, own_token: bool) -> None:
        """A form that was sent before is sent again, perhaps from another browser."""
        browser = self.browser(name)
        if not self.world.sent:
            return
        sent = self.world.sent[-1 - index % len(self.world.sent)]
        fields = dict(sent.fields)
        if self._foreign(browser, sent.browser):
            fields = {k: v for k, v in fields.items() if k not in SECRET} | self.typed(browser)
        if own_token:
            fields["csrf_token"] = self.token(browser)
        self.world.post(browser, sent.path, fields)
        self.tally["form repeated"] += 1

    @rule(name=BROWSERS, other=BROWSERS, index=st.integers(0, 3), own_token=st.booleans())
    def mix(self, name: str, other: str, index: int, own_token: bool) -> None:
        """The hidden fields of one browser's page are sent with the cookies of another."""
        browser, forms = self.browser(name), self.browser(other).forms()
        if not forms:
            return
        form = forms[index % len(forms)]
        hidden = form.hidden
        if self._foreign(browser, other):
            hidden = {k: v for k, v in hidden.items() if k not in SECRET}
        fields = hidden | self.typed(browser)
        if own_token:
            fields["csrf_token"] = self.token(browser)
        self.world.post(browser, form.path, fields)
        self.tally["pages mixed"] += 1

    @rule(name=BROWSERS, place=st.sampled_from(PLACES))
    def walk(self, name: str, place: str) -> None:
        """Somebody goes to a page without the steps before it."""
        self.world.get(self.browser(name), place)

    @rule(name=BROWSERS, index=st.integers(0, 5))
    def take_over(self, name: str, index: int) -> None:
        """Somebody goes on with a sign-in that another browser began."""
        if self.world.pending:
            begun = self.world.pending[index % len(self.world.pending)]
            self.world.get(self.browser(name), f"/sign-in/verify?progress={begun.handle}")
            self.enter_code(name, "right")

    @rule(name=BROWSERS, path=st.sampled_from(FORM_PATHS), handles=st.booleans())
    def skip(self, name: str, path: str, handles: bool) -> None:
        """A form is sent that no page offered, with any handle that ever was in a page."""
        browser = self.browser(name)
        fields = self.typed(browser) | {"csrf_token": self.token(browser)}
        if handles:
            for sent in self.world.sent:
                known = {
                    k: v for k, v in sent.fields.items() if k in ("flow", "progress", "request")
                }
                fields |= known
        self.world.post(browser, path, fields)
        self.tally["steps skipped"] += 1

    @rule(
        name=BROWSERS,
        kind=st.sampled_from(LINKED),
        page=st.sampled_from(LINK_PAGES),
    )
    def misuse_link(self, name: str, kind: MailKind, page: str) -> None:
        """The secret of one kind of mail is brought to the page of another, and used there."""
        browser = self.browser(name)
        self.get_letter(browser, kind)
        letters = [x for x in self.readable(browser, kind) if x.value("link")]
        if not letters:
            return
        secret = letters[-1].secret
        self.world.open_link(browser, page.format(secret), secret)
        for form in browser.forms():
            if form.id in ("new-address", "reset-password"):
                self.world.post(browser, form.path, form.hidden | self.typed(browser))
                self.tally["link misused"] += 1
                return

    @rule(name=BROWSERS, who=MEMBERS, kinds=st.booleans())
    def reset_of_another(self, name: str, who: int, kinds: bool) -> None:
        """A reset is begun for a member, and finished with what was mailed for something else."""
        browser = self.browser(name)
        if kinds:  # a code and a link of one's own first
            self.ask_for_reset(name, self.world.people.index(self.owner(browser)))
            self.follow_link(name, -1, MailKind.RESET)
        self.ask_for_reset(name, who)
        self.set_new_password(name, "right", True)

    @rule(
        name=BROWSERS,
        other=BROWSERS,
        begun=st.sampled_from(("reset by code", "reset by link", "sign-in", "move", "form")),
        by=st.sampled_from(
            ("reset", "change", "move", "stop", "block", "block and restore", "end")
        ),
    )
    def overtake(self, name: str, other: str, begun: str, by: str) -> None:
        """Something is begun, overtaken by something stronger, and then finished."""
        browser, person = self.browser(name), self.owner(self.browser(name))
        if self._foreign(browser, other):
            other = name
        who = self.world.people.index(person)
        if begun in ("sign-in", "form"):
            browser.cookies.clear()
            self.sign_in(name, who, "current", False, False) if begun == "sign-in" else None
        elif begun == "move":
            self.ask_for_address(name, "new")
            self.follow_link(name, -1, MailKind.NEW_ADDRESS)
            self.press(name)
        else:
            self.ask_for_reset(name, who)
            if begun == "reset by link":
                self.follow_link(name, -1, MailKind.RESET)
        at, page = browser.at, browser.page
        password = person.password
        self.change_credentials(other, by)
        browser.at, browser.page = at, page
        if begun == "move":
            self.follow_link(name, -1, MailKind.OLD_ADDRESS)
            self.press(name)
        elif begun == "sign-in":
            self.enter_code(name, "right")
        elif begun == "form":
            self.world.get(browser, "/sign-in")
            typed = {"username": person.address, "password": password}
            self.send(browser, browser.form("sign-in"), **typed)
        else:
            self.set_new_password(name, "right", True)
        self.tally["overtaken"] += 1

    @rule(
        name=BROWSERS,
        how=st.sampled_from(("reset", "reset by link", "change", "move", "take back", "end")),
    )
    def change_credentials(self, name: str, how: str) -> None:
        """The credentials of a member change, or end."""
        browser = self.browser(name)
        who = self.world.people.index(self.owner(browser))
        if how.startswith("reset"):
            self.reset(name, "link" if how.endswith("link") else "code")
        elif how == "change":
            self.ensure_signed_in(browser)
            self.change_password(name, True)
        elif how in ("move", "take back"):
            self.move(name, True, how == "take back")
        elif how == "end":
            self.ensure_signed_in(browser)
            self.register(who, 0, True)
        elif how == "stop":
            self.ensure_signed_in(browser)
            self.stop(name, True)
        else:
            self.office(who, "block")
            if how == "block and restore":
                self.office(who, "restore")

    def get_letter(self, browser: Browser, kind: MailKind) -> None:
        """Let the person at a browser have a mail of a kind that still proves something."""
        now = self.house.now()
        if any(x.proves(kind, now) and x.value("link") for x in self.readable(browser, kind)):
            return
        if kind is MailKind.RESET:
            self.ask_for_reset(browser.name, self.world.people.index(self.owner(browser)))
        elif kind is MailKind.ADDRESS_CHANGED:
            self.move(browser.name, True, False)
        else:
            self.ask_for_address(browser.name, "new")

    def typed(self, browser: Browser) -> dict[str, str]:
        """Fill in whatever a form may ask for, with what the person at a browser knows."""
        person, new = self.owner(browser), new_password()
        victim = self.world.people[0]
        codes = self.readable(browser, MailKind.RESET, MailKind.SIGN_IN_CODE, *LINKED)
        code = codes[-1].value("code") if codes else "000000"
        person.former.append(new)
        return {
            "username": victim.address,
            "email": victim.address,
            "password": person.password,
            "code": code,
            "new_password": new,
            "new_password_again": new,
        }

    def token(self, browser: Browser) -> str:
        """Give a form token of this very browser."""
        return next(
            (f.hidden["csrf_token"] for f in browser.forms() if "csrf_token" in f.hidden), ""
        )

    def _foreign(self, browser: Browser, other: str) -> bool:
        return self.owner(browser) is not self.owner(self.browser(other))
