"""What a request says: written once in canonical form, hashed, sealed under the key of its person.

The digest binds a decision to what was shown. What was asked for could be guessed from it by trying
(a date, a number), so the text carries a salt, sealed as all of it: with the key of the person goes
what the digest could be tried with.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.canonical import NotCanonical, canonical
from audit.event import aad
from audit.personal import seal, unseal
from idp.approvals.model import (
    MOST_PARAMETERS,
    Approval,
    ApprovalRefused,
    BadRequest,
    Content,
    Difference,
    Line,
    Parameters,
    Why,
)
from idp.policy.approvals import ApprovalKind
from idp.storage.sql import Tx
from idp.subjects.service import ErasedPerson, PersonKeys

CONTENT, ANSWER = "content", "answer"


@dataclass(frozen=True, slots=True)
class Written:
    """The canonical text of a request."""

    text: str

    @property
    def digest(self) -> str:
        """Give SHA-256 over the text, in lower-case hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def write(approval_id: str, kind: ApprovalKind, requester: str, content: Content) -> Written:
    """Write a request; raises `BadRequest` for what JSON cannot carry, or more than 64 kB."""
    parameters = plain(content.parameters)
    if len(canonical(parameters)) > MOST_PARAMETERS:
        raise BadRequest(Why.TOO_LARGE)
    record = {
        "id": approval_id,
        "kind": kind.value,
        "parameters": parameters,
        "difference": as_data(content.difference),
        "reason": content.reason,
        "requester": requester,
        "salt": secrets.token_hex(16),
    }
    try:
        return Written(canonical(record).decode())
    except NotCanonical:
        raise BadRequest(Why.NOT_PLAIN) from None


def read(text: str) -> Content:
    """Read what `write` wrote."""
    given: dict[str, Any] = json.loads(text)
    told = given["difference"]
    lines = tuple(Line(*line) for line in told["lines"])
    difference = Difference(lines, told["subject"], told["count"])
    return Content(given["parameters"], difference, given["reason"])


def plain(parameters: Parameters) -> dict[str, Any]:
    """Give parameters as JSON gives them back; raises `BadRequest` for what it cannot carry."""
    try:
        known: dict[str, Any] = json.loads(canonical(_listed(dict(parameters))))
    except (NotCanonical, TypeError, RecursionError):
        raise BadRequest(Why.NOT_PLAIN) from None
    return known


def as_data(difference: Difference) -> dict[str, Any]:
    """Give a difference as it is hashed, and compared with the one of the decision."""
    return {
        "lines": [[line.what, line.before, line.after] for line in difference.lines],
        "subject": difference.subject,
        "count": difference.count,
    }


def _listed(value: Any) -> Any:
    """Tuples are lists in JSON."""
    if isinstance(value, tuple | list):
        return [_listed(one) for one in value]
    if isinstance(value, dict):
        return {key: _listed(one) for key, one in value.items()}
    return value


@dataclass(frozen=True)
class Vault:
    """Seals what requests say at rest."""

    persons: PersonKeys

    def likeness(self, tx: Tx, person: str, parts: Parameters, now: datetime) -> str:
        """Name what is asked for by whom, so that the same thing sent twice is found."""
        key = self._key(tx, person, now)[1]
        return hmac.new(key, canonical(plain(parts)), hashlib.sha256).hexdigest()

    def seal(
        self, tx: Tx, approval_id: str, path: str, text: str, person: str, now: datetime
    ) -> str:
        """Seal; raises `ApprovalRefused` when the person was erased."""
        key_id, key = self._key(tx, person, now)
        return canonical(seal(text, key_id, key, aad(approval_id, path))).decode()

    def content(self, tx: Tx, one: Approval) -> Content | None:
        """Open what a request says; None when its person was erased.

        The hash is computed anew: a row whose digest and content part ways is nobody's request.
        Raises `ApprovalRefused`.
        """
        text = self._open(tx, one.id, CONTENT, one.content)
        if text is not None and Written(text).digest != one.digest:
            raise ApprovalRefused(Why.OTHER_CONTENT)
        return read(text) if text is not None else None

    def answer(self, tx: Tx, one: Approval) -> str | None:
        """Open what the second person said."""
        return self._open(tx, one.id, ANSWER, one.answer) if one.answer else None

    def _open(self, tx: Tx, approval_id: str, path: str, sealed: str) -> str | None:
        value: dict[str, str] = json.loads(sealed)
        key = self.persons.key_by_id(tx, value["key"])
        return unseal(value, key, aad(approval_id, path)) if key is not None else None

    def _key(self, tx: Tx, person: str, now: datetime) -> tuple[str, bytes]:
        try:
            key = self.persons.key_of(tx, person, now)
        except ErasedPerson:
            raise ApprovalRefused(Why.ERASED) from None
        return key.key_id, key.key
