"""What a member may set up besides the password."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class FactorKind(StrEnum):
    """The closed set of factors that are set up. Recovery codes belong to an authenticator app."""

    TOTP = "totp"
    PASSKEY = "passkey"
    EMAIL = "email"
    """The member wants codes by mail; there is nothing to keep."""


@dataclass(frozen=True, slots=True)
class Authenticator:
    """One factor of one member; which of the values are set depends on the kind."""

    id: str
    subject: str
    kind: FactorKind
    name: str
    created_at: datetime
    confirmed_at: datetime | None
    last_used_at: datetime | None
    secret: str | None = field(repr=False)
    last_step: int | None
    credential_id: str | None
    public_key: str | None
    sign_count: int | None


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question to a passkey, as it is kept until it is answered once."""

    challenge: str
    subject: str | None
