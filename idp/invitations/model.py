"""An invitation to register, its code, and who is invited. Pure.

A code is 16 symbols of Crockford's base32 (no I, L, O, U): a public selector of 6, by which the
invitation is found and its tries are counted, and a secret of 10 (50 bits). It opens a registration
only together with the member number and the birth date.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from idp.clock import date_in_tokyo, start_of
from idp.members.model import Member
from idp.members.standing import has_membership
from idp.policy.membership import Registration as Rules

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SELECTOR: Final = 6
SECRET: Final = 10
LENGTH: Final = SELECTOR + SECRET
_READ_AS: Final = str.maketrans("OIL", "011")  # what Crockford reads for symbols it does not use


class SentBy(StrEnum):
    """How a code reaches its member."""

    MAIL = "mail"
    LETTER = "letter"


class EndReason(StrEnum):
    """Why an invitation ended without being used."""

    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    NOT_A_MEMBER = "not_a_member"


class State(StrEnum):
    """Where an invitation stands at a moment."""

    TO_PRINT = "to_print"
    PENDING = "pending"
    EXPIRED = "expired"
    USED = "used"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Code:
    """A registration code."""

    selector: str
    secret: str = field(repr=False)

    @property
    def shown(self) -> str:
        """Write the code in groups of four, as it is mailed and printed."""
        text = self.selector + self.secret
        return "-".join(text[at : at + 4] for at in range(0, LENGTH, 4))


def draw_code() -> Code:
    """Draw a code at random."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return Code(text[:SELECTOR], text[SELECTOR:])


def parse_code(folded: str) -> Code | None:
    """Read a typed code, folded by `idp.web.forms.fold_code`; None when it cannot be one.

    Either case is accepted, and O for 0, I or L for 1.
    """
    text = folded.upper().translate(_READ_AS)
    if len(text) != LENGTH or not set(text) <= set(ALPHABET):
        return None
    return Code(text[:SELECTOR], text[SELECTOR:])


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation as it is kept; the code itself is not."""

    selector: str
    member_number: str
    sent_by: SentBy
    created_at: datetime
    expires_at: datetime
    printed_at: datetime | None = None
    used_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None

    def is_live(self, now: datetime) -> bool:
        """Tell whether its code still opens a registration."""
        return self.used_at is None and self.ended_at is None and now < self.expires_at

    def state(self, now: datetime) -> State:
        """Tell where it stands."""
        if self.used_at is not None:
            return State.USED
        if self.ended_at is not None:
            return State.ENDED
        if now >= self.expires_at:
            return State.EXPIRED
        if self.sent_by is SentBy.LETTER and self.printed_at is None:
            return State.TO_PRINT
        return State.PENDING


@dataclass(frozen=True, slots=True)
class Tried:
    """Everything that decides whether a code opens a registration, read at once."""

    invitation: Invitation
    code_hash: str = field(repr=False)
    member: Member
    subject: str | None
    stopped: bool
    disabled: bool

    def may_register(self, now: datetime) -> bool:
        """Tell whether its member may register now, the code and the typed facts apart.

        Members only (F4, F9); who stopped the service comes back with a new invitation, who is
        blocked does not.
        """
        has_access = self.subject is not None and not self.stopped
        return (
            self.invitation.is_live(now)
            and not has_access
            and not self.disabled
            and has_membership(self.member, date_in_tokyo(now))
        )


@dataclass(frozen=True, slots=True)
class Letter:
    """An invitation that waits for its letter."""

    invitation: Invitation
    code_wrapped: str = field(repr=False)
    member: Member


class Step(StrEnum):
    """What a registration in progress asks for next."""

    EMAIL = "email"
    CODE = "code"
    PASSWORD = "password"  # noqa: S105  a step


@dataclass(frozen=True, slots=True)
class Registration:
    """A registration in progress: a right code, typed in one browser, and how far it has come."""

    handle_hash: str
    browser_hash: str
    selector: str
    member_number: str
    address: str | None
    address_is_proven: bool
    expires_at: datetime
    consumed_at: datetime | None

    @property
    def step(self) -> Step:
        """Tell what comes next."""
        if self.address is None:
            return Step.EMAIL
        return Step.PASSWORD if self.address_is_proven else Step.CODE


def expires_at(rules: Rules, now: datetime) -> datetime:
    """Tell until when an invitation made now holds: to the end of a day, which letters name.

    Its time runs from the opening at the soonest: letters may be prepared before (F5).
    """
    begins = max(now, start_of(rules.opens_on))
    return start_of(date_in_tokyo(begins + rules.invitation_lifetime.delta) + timedelta(days=1))


def last_day(until: datetime) -> date:
    """Tell the last day on which an invitation holds that ends at `until`."""
    return date_in_tokyo(until - timedelta(microseconds=1))


def is_open(rules: Rules, now: datetime) -> bool:
    """Tell whether members may register yet."""
    return date_in_tokyo(now) >= rules.opens_on


def is_invited_unasked(member: Member, rules: Rules, today: date) -> bool:
    """Tell whether a payment invites this member by itself.

    One who paid long before members could register is invited only when somebody asks for it: the
    first import of the whole register must not write to everybody.
    """
    paid_on = member.capital_paid_on
    return (
        rules.invite_on_payment
        and today >= rules.opens_on
        and paid_on is not None
        and rules.invite_paid_since <= paid_on <= today
        and has_membership(member, today)
    )
