"""Procedures that take more than one step: a change of the sign-in mail address."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from idp.journal.model import Origin
from idp.web.organisation import Language


class Side(StrEnum):
    """Which mailbox confirms a change of address."""

    NEW = "new"
    OLD = "old"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who is on the page: where from, in what language, and the buckets of the address."""

    origin: Origin
    language: Language
    buckets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddressChange:
    """A change of the sign-in address; both mailboxes confirm, and the old one may take it back."""

    id: str
    subject: str
    session_id: str
    old_address: str = field(repr=False)
    new_address: str = field(repr=False)
    requested_at: datetime
    expires_at: datetime
    new_confirmed_at: datetime | None = None
    old_confirmed_at: datetime | None = None
    changed_at: datetime | None = None
    undone_at: datetime | None = None
    ended_at: datetime | None = None
    """When it was given up, replaced, or overtaken by a taking back."""
    due_at: datetime | None = None
    """Of one that the office makes upon a call (`case_id`): when its cooling-off is over."""
    case_id: str | None = None

    def is_pending(self, now: datetime) -> bool:
        """Tell whether it still waits for a mailbox."""
        return self.changed_at is None and self.ended_at is None and now < self.expires_at

    def confirmed(self, side: Side) -> bool:
        """Tell whether a mailbox has confirmed."""
        at = self.new_confirmed_at if side is Side.NEW else self.old_confirmed_at
        return at is not None

    def flow(self, step: str) -> str:
        """Name the procedure of the secrets that one mailbox gets."""
        return f"{self.id}:{step}"
