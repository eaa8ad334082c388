"""A secret that was sent to a mailbox: a link for the mail, a short code for people who type.

What is sent is a public selector plus a secret (128 random bits) in the link, and a code of digits.
Both prove that somebody reads the mailbox; neither is stored. A *flow* is the procedure they belong
to (a sign-in in progress, a registration, a new password): every code that was sent in it counts,
so that a second mail does not make the first worthless, and all share one budget of wrong tries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """What a mailed secret is good for; one made for another purpose proves nothing."""

    SIGN_IN = "sign_in"
    REGISTER = "register"
    RESET = "reset"
    NEW_ADDRESS = "new_address"
    OLD_ADDRESS = "old_address"
    UNDO_ADDRESS = "undo_address"
    STOP_CHANGE = "stop_change"
    REAUTHENTICATE = "reauthenticate"


@dataclass(frozen=True, slots=True)
class Issued:
    """What goes into the mail and nowhere else: `link` is `selector.token`, `code` are digits."""

    selector: str
    link: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailedSecret:
    """A secret as it is kept. `subject` is None for one that was promised to nobody."""

    selector: str
    flow: str
    purpose: Purpose
    subject: str | None
    address: str | None
    token_hash: str = field(repr=False)
    code_mac: str = field(repr=False)
    binding: str
    """What it is bound to, such as the version of the password; a changed one makes it void."""
    expires_at: datetime
    used_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        """Tell whether it may still be used."""
        return self.used_at is None and now < self.expires_at
