"""Homes of keys in SQL, for scaled deployments: the signing ring and the audit key.

Private parts are wrapped by the master key before they come here; a dump of the database signs
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from idp.storage.sql import Database, Tx
from idp.storage.statement import Statement
from idp.storage.tables import metadata
from keys.errors import RingChanged
from keys.record import KeyRecord, record_from_dict, record_to_dict
from keys.vault import Stored

key_ring = sa.Table(
    "key_ring",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
)
_k = key_ring.c
RING, AUDIT_KEY = "signing", "audit"

_VERSION = Statement(sa.select(_k.version).where(_k.name == sa.bindparam("which")))
_LOAD = Statement(sa.select(_k.version, _k.content).where(_k.name == sa.bindparam("which")))
_ADD = Statement(
    sa.text(
        "INSERT INTO key_ring (name, version, content) VALUES (:which, 1, :content)"
        " ON CONFLICT (name) DO NOTHING"
    )
)
_REPLACE = Statement(
    sa.update(key_ring)
    .where(_k.name == sa.bindparam("which"), _k.version == sa.bindparam("expected"))
    .values(version=sa.bindparam("next"), content=sa.bindparam("new_content"))
)


@dataclass(frozen=True)
class SqlHome:
    """The ring as one row under a version; see `keys.home.Home`."""

    database: Database

    def version(self) -> int:
        """Tell the version; 0 when nothing was ever stored."""
        with self.database.read() as tx:
            row = tx.one(_VERSION, which=RING)
        return row[0] if row else 0

    def load(self) -> Stored:
        """Give version and records of the same moment."""
        with self.database.read() as tx:
            row = tx.one(_LOAD, which=RING)
        if row is None:
            return Stored(0, ())
        return Stored(row[0], tuple(record_from_dict(item) for item in json.loads(row[1])))

    def replace_all(self, expected_version: int, records: Sequence[KeyRecord]) -> int:
        """Store exactly these records if the version is still the expected one."""
        with self.database.begin() as tx:
            return self.replace_all_in(tx, expected_version, records)

    def replace_all_in(self, tx: Tx, expected_version: int, records: Sequence[KeyRecord]) -> int:
        """Do so in the caller's transaction, beside its events; raises `RingChanged`."""
        content = json.dumps([record_to_dict(r) for r in records], sort_keys=True)
        if expected_version == 0:
            done = tx.run(_ADD, which=RING, content=content) == 1
        else:
            values = {"expected": expected_version, "next": expected_version + 1}
            done = tx.run(_REPLACE, which=RING, new_content=content, **values) == 1
        if not done:
            raise RingChanged("another node changed the ring")
        return expected_version + 1


def find_audit_key(tx: Tx) -> str | None:
    """Find the wrapped audit key."""
    row = tx.one(_LOAD, which=AUDIT_KEY)
    return row[1] if row else None


def add_audit_key(tx: Tx, wrapped: str) -> None:
    """Store the wrapped audit key unless there is one."""
    tx.run(_ADD, which=AUDIT_KEY, content=wrapped)
