"""The criteria of saved reviews: written once, named by a digest, sealed where they name somebody.

The digest is SHA-256 over the canonical criteria. An address or a member number among them could be
found again by trying all of them, so such criteria carry a salt, sealed as they are: with the key
of the person goes what the digest could be tried with.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from audit.canonical import canonical
from audit.event import Personal, aad
from audit.names import EventName
from audit.personal import seal, unseal
from idp.audit_room.review_model import BadReview
from idp.audit_search.model import Criteria
from idp.audit_search.places import parse_place
from idp.storage.sql import Tx
from idp.subjects.service import ErasedPerson, PersonKeys

SEALED: Final = ("address", "member", "salt")


@dataclass(frozen=True, slots=True)
class Written:
    """Criteria as they are kept: their canonical text, whose key seals it, and its digest."""

    text: str
    person: str

    @property
    def digest(self) -> str:
        """Give SHA-256 over the canonical text, in lower-case hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def as_data(self) -> dict[str, Any]:
        """Give the criteria as they stand in the event."""
        values: dict[str, Any] = json.loads(self.text)
        return {
            key: Personal(value, self.person) if key in SEALED else value
            for key, value in values.items()
        }


def write(criteria: Criteria, owner: str) -> Written:
    """Write criteria without their period."""
    given: dict[str, Any] = replace(criteria, begin=None, end=None).as_data()
    personal = {
        "address": criteria.address.text if criteria.address else None,
        "member": criteria.member,
    }
    given |= {key: value for key, value in personal.items() if value is not None}
    if criteria.asks_personal:
        given["salt"] = secrets.token_hex(16)
    if criteria.subject is not None:
        given["subject"] = criteria.subject
    return Written(canonical(given).decode(), criteria.subject or owner)


def read(text: str) -> Criteria:
    """Read what `write` wrote."""
    given: dict[str, str] = json.loads(text)
    given.pop("salt", None)
    values: dict[str, Any] = dict(given)
    if "name" in given:
        values["name"] = EventName(given["name"])
    if "address" in given:
        values["address"] = parse_place(given["address"])
    return Criteria(**values)


@dataclass(frozen=True)
class ReviewVault:
    """Seals criteria at rest under the key of their person."""

    persons: PersonKeys

    def seal(self, tx: Tx, review_id: str, written: Written, now: datetime) -> str:
        """Seal; raises `BadReview` when the person was erased."""
        try:
            key = self.persons.key_of(tx, written.person, now)
        except ErasedPerson:
            raise BadReview("gone") from None
        sealed = seal(written.text, key.key_id, key.key, aad(review_id, "criteria"))
        return canonical(sealed).decode()

    def open(self, tx: Tx, review_id: str, sealed: str) -> Criteria | None:
        """Open; None when the person was erased."""
        value: dict[str, str] = json.loads(sealed)
        key = self.persons.key_by_id(tx, value["key"])
        return read(unseal(value, key, aad(review_id, "criteria"))) if key is not None else None
