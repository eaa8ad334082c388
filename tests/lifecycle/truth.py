"""What is true of two members and three browsers, as far as a careful outsider can know it.

Keys are whatever lets somebody in: sessions, codes, tokens. `Entitled` says what one request may
bring about, from nothing but what was typed, mailed and signed in before; `World` looks after each
request at what really happened. Whatever else happens is a finding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import pyotp

from idp.clock import to_seconds
from idp.mails.model import Mail, MailKind
from idp.web.forms import fold_code
from tests.lifecycle.clients import Party
from tests.lifecycle.people import Person

RESET_LIFETIME, CODE_LIFETIME = timedelta(minutes=30), timedelta(minutes=10)
ADDRESS_LIFETIME, UNDO_LIFETIME = timedelta(hours=24), timedelta(days=7)
STEP = 30


class Kind(StrEnum):
    """What a key is."""

    SESSION = "session"
    CODE = "code"
    ACCESS = "access"
    REFRESH = "refresh"


FRESH = {
    Kind.SESSION: timedelta(hours=1),
    Kind.CODE: timedelta(seconds=60),
    Kind.ACCESS: timedelta(minutes=5),
    Kind.REFRESH: timedelta(days=30),
}
"""Beyond these ages time alone has ended a key, and its refusal proves nothing."""


@dataclass(eq=False)
class Key:
    """Something that lets somebody in, until `ended` says why not."""

    kind: Kind
    owner: Person
    value: str = field(repr=False)
    root: object
    """The sign-in it comes from."""
    born: datetime
    party: Party | None = None
    verifier: str = field(default="", repr=False)
    ended: str = ""


@dataclass(eq=False)
class Letter:
    """A mail as it came, who caused it and whom it is about."""

    mail: Mail
    browser: str
    person: Person | None
    born: datetime
    move: Move | None = None
    void: str = ""

    def value(self, name: str) -> str:
        """Give a value of the mail, or nothing."""
        return self.mail.values.get(name, "")

    @property
    def secret(self) -> str:
        """Give the secret of the link alone, whatever page it leads to."""
        link = self.value("link")
        return link.partition("link=")[2] or link.rpartition("/")[2]

    def proves(self, kind: MailKind, now: datetime) -> bool:
        """Tell whether its secret is still good for what a kind of mail is for."""
        lifetime = {
            MailKind.RESET: RESET_LIFETIME,
            MailKind.SIGN_IN_CODE: CODE_LIFETIME,
            MailKind.ADDRESS_CHANGED: UNDO_LIFETIME,
        }.get(kind, ADDRESS_LIFETIME)
        return self.mail.kind is kind and not self.void and now < self.born + lifetime


@dataclass(eq=False)
class Pending:
    """A sign-in between password and code."""

    person: Person
    browser: str
    handle: str
    born: datetime
    void: str = ""


@dataclass(eq=False)
class Move:
    """A change of address under way."""

    person: Person
    old: str
    new: str
    root: object
    """The sign-in in which it was asked for."""
    confirmed: set[str] = field(default_factory=set)
    void: str = ""


@dataclass
class Entitled:
    """What one request may bring about, and for whom."""

    enters: set[Person] = field(default_factory=set)
    continues: set[Person] = field(default_factory=set)
    """Right password, and a second factor to come."""
    resets: set[Person] = field(default_factory=set)
    changes: Person | None = None
    stops: Person | None = None
    returns: Person | None = None
    moves: dict[Person, str] = field(default_factory=dict)
    undoes: set[Person] = field(default_factory=set)


def totp_fits(person: Person, typed: str, now: datetime) -> bool:
    """Tell whether a code is one of the member's app, of about now, and was not used."""
    if person.totp is None or typed in person.used_codes:
        return False
    app, step = pyotp.TOTP(person.totp), to_seconds(now) // STEP
    return typed in {app.generate_otp(step + drift) for drift in (-1, 0, 1)}


def folded(fields: dict[str, str]) -> str:
    """Give the code of a form as the provider reads it."""
    return fold_code(fields.get("code", ""))
