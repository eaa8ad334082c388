"""Which mails there are, and what each is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from idp.web.organisation import Language


class MailKind(StrEnum):
    """The closed set of mails. The comment names the values each is given.

    `link` is a path of the provider (`/recover/…`), `expires`, `due`, `effective`, `ends` an ISO
    date, `until` an ISO instant; `name` may be left out where `subject` is told.
    """

    INVITATION = "invitation"  # name, code, link, expires
    SIGN_IN_CODE = "sign_in_code"  # name, code, minutes
    REGISTER_CODE = "register_code"  # code, minutes (nothing personal: the address is unproven)
    ADDRESS_IN_USE = "address_in_use"  # none: somebody else entered this address
    WELCOME = "welcome"  # name
    RESET = "reset"  # name, code, link, minutes
    RESET_BY_PHONE = "reset_by_phone"  # name, link, minutes
    RESET_IMPOSSIBLE = "reset_impossible"  # name, why (an `EndReason`)
    PASSWORD_CHANGED = "password_changed"  # name, how (reset, change)  # noqa: S105
    NEW_ADDRESS = "new_address"  # code, link, hours (nothing personal)
    OLD_ADDRESS = "old_address"  # name, code, link, hours, new (masked)
    NEW_ADDRESS_BY_PHONE = "new_address_by_phone"  # link, until (nothing personal)
    CHANGE_PLANNED = "change_planned"  # name, what, until, link; new (masked) for an address
    ADDRESS_CHANGED = "address_changed"  # name, new (masked); link to undo and days, or neither
    ADDRESS_UNDONE = "address_undone"  # name
    FACTOR_CHANGED = "factor_changed"  # name, what
    NEW_DEVICE = "new_device"  # name, device
    BLOCKED = "blocked"  # name, rule, effect, advice, reference, count, minutes; until
    STOPPED = "stopped"  # name
    CHANGE_FILED = "change_filed"  # name, kind, due
    CHANGE_DECIDED = "change_decided"  # name, kind, outcome; effective or reason
    ENDING = "ending"  # name, ends, days
    ENDED = "ended"  # name, ends
    ALERT = "alert"  # alert (an `AlertKind`), about, count: to those who look after the service
    STAFF_LINK = "staff_link"  # name, link, hours: to a colleague
    REVIEW_DUE = "review_due"  # name, link, until: to who may review an emergency
    CHECKPOINT = "checkpoint"  # records, root, sealed: to the auditor, not to a member


BULK = frozenset({MailKind.INVITATION, MailKind.ENDING, MailKind.ENDED})
"""Sent by the thousand: they have a queue of their own, so that no code waits behind them."""

NOTICES = frozenset(
    {
        MailKind.INVITATION,
        MailKind.WELCOME,
        MailKind.NEW_DEVICE,
        MailKind.CHANGE_FILED,
        MailKind.CHANGE_DECIDED,
        MailKind.ENDING,
        MailKind.ENDED,
    }
)
"""Not sent to a mailbox that was reported as undeliverable; all others are tried still."""


COLLEAGUES = frozenset({MailKind.STAFF_LINK, MailKind.REVIEW_DUE, MailKind.CHECKPOINT})
"""To persons whose language nobody has asked: Japanese, and under it all of it in English.

Alerts are not among them: the policy names their language.
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it lies in the outbox, sealed. `to` is the stored form of an address, or None.

    One to nobody is dropped by the worker: it is there so that the row tells nothing.
    """

    kind: MailKind
    to: str | None = field(repr=False)
    language: Language
    values: dict[str, str] = field(repr=False)
    subject: str | None = None
