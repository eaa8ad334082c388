"""Rows of answers by client and `Idempotency-Key`, written in the transaction of the act."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from idp.admin_api.tables import admin_answer
from idp.storage.postgresql import lock_number
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_c = admin_answer.c
_OF_KEY = sa.and_(_c.client_id == sa.bindparam("client"), _c.key == sa.bindparam("which"))
_FIND = Statement(sa.select(_c.request_digest, _c.status, _c.sealed, _c.answered_at).where(_OF_KEY))
_ADD = Statement(sa.insert(admin_answer).values({c.name: sa.bindparam(c.name) for c in _c}))
_DROP = Statement(sa.delete(admin_answer).where(_OF_KEY))
_CLEAN = Statement(sa.delete(admin_answer).where(_c.answered_at < sa.bindparam("before")))
_CLAIM = "SELECT pg_try_advisory_xact_lock(%(number)s)"


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as its row has it."""

    request_digest: str
    status: int
    sealed: str = field(repr=False)
    answered_at: int


def claim(tx: Tx, client_id: str, key: str) -> bool:
    """Hold off everybody else with this key until the transaction ends; False when one holds it.

    On SQLite one changing transaction runs at a time: nobody else can hold it.
    """
    if not tx.is_postgresql:
        return True
    number = lock_number(f"admin_answer:{client_id}:{key}")
    return bool(tx.text(_CLAIM, {"number": number}).fetchone()[0])


def find(tx: Tx, client_id: str, key: str) -> Kept | None:
    """Find the answer a client got for a key."""
    row = tx.one(_FIND, client=client_id, which=key)
    return Kept(*row) if row else None


def keep(tx: Tx, client_id: str, key: str, kept: Kept) -> None:
    """Keep an answer; one that is too old to count is replaced."""
    tx.run(_DROP, client=client_id, which=key)
    tx.run(
        _ADD,
        client_id=client_id,
        key=key,
        request_digest=kept.request_digest,
        status=kept.status,
        sealed=kept.sealed,
        answered_at=kept.answered_at,
    )


def clean(tx: Tx, before: int) -> int:
    """Forget answers from before an instant (microseconds)."""
    return tx.run(_CLEAN, before=before)
