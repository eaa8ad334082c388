"""A change request: its kinds, its states, and what may be wrong with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from idp.errors import IdpError


class Kind(StrEnum):
    """What a member may ask to have changed. A workplace is not among it (FAQ: by inquiry only)."""

    NAME = "name"
    ADDRESS = "address"
    PHONE = "phone"


WORKPLACE: Final = "workplace"
"""Asked for by people all the same; it has an answer of its own."""

FIELDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.NAME: ("family_name", "given_name", "family_kana", "given_kana", "name_in_use"),
    Kind.ADDRESS: ("postal_code", "region", "locality", "street_address"),
    Kind.PHONE: ("phone_number",),
}


class State(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Wrong(StrEnum):
    """What can be wrong with a field; the words are in `idp.changes.texts`."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    GAIJI = "gaiji"
    CHARACTER = "character"
    LOST = "lost"
    KANA = "kana"
    POSTAL_CODE = "postal_code"
    REGION = "region"
    PHONE = "phone"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that cannot be accepted."""

    field: str
    wrong: Wrong


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """One request. `wanted` has the fields of its kind, as they would stand in the register."""

    id: str
    member_number: str
    subject: str
    kind: Kind
    wanted: Mapping[str, str] = field(repr=False)
    via: str
    filed_at: datetime
    due_on: date
    state: State
    effective_on: date | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = field(default=None, repr=False)


class UnknownChange(IdpError):
    """There is no change request with this id, or it is another member's."""

    code = "unknown_change"
    status = 404


class ChangeDecided(IdpError):
    """The request is no longer open: somebody else decided it, or it was taken back."""

    code = "change_decided"
    status = 409


class DifferenceChanged(IdpError):
    """The register is not what it was when the request was looked at; nothing was decided."""

    code = "difference_changed"
    status = 409


class TooManyChanges(IdpError):
    """The member filed as many requests within a day as the policy allows."""

    code = "too_many_changes"
    status = 429


class KeyReused(IdpError):
    """An idempotency key came again with another request."""

    code = "idempotency_key_reused"
    status = 422


class BadEffectiveDay(IdpError):
    """A change cannot hold from this day."""

    code = "bad_effective_day"
    status = 400
