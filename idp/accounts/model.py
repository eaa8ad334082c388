"""An account: how one member signs in. The membership itself is the register's affair."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Account:
    """One per member; `subject` is random, permanent and what relying parties know."""

    subject: str
    member_number: str
    address: str
    password_hash: str | None = field(repr=False)
    credentials_changed_at: datetime
    stopped_at: datetime | None = None
    disabled_at: datetime | None = None


class EndReason(StrEnum):
    """Why access has ended; the constant descriptions a token's holder is entitled to."""

    MEMBERSHIP_ENDED = "membership_ended"
    SERVICE_STOPPED = "service_stopped"
    SIGNED_OUT = "signed_out"
    BLOCKED = "blocked"
