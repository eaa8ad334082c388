"""Homes of keys that a database takes part in: the signing ring and the audit key.

A scaled deployment keeps the ring as one row. An embedded one keeps it in a folder: there the
change is first intended, as a row stored with its events, and then carried out; a crash between the
two loses neither, because the next one who looks carries it out (`settle`). Private parts are
wrapped by the master key before they come here; a dump of the database signs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from idp.storage.sql import Database, Tx
from idp.storage.statement import Statement
from idp.storage.tables import metadata
from keys.errors import RingChanged
from keys.folder import FolderHome
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
RING, AUDIT_KEY, INTENDED = "signing", "audit", "intended"

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


_INTEND = Statement(
    sa.text(
        "INSERT INTO key_ring (name, version, content) VALUES (:which, :version, :content)"
        " ON CONFLICT (name) DO NOTHING"
    )
)
_DONE = Statement(
    sa.delete(key_ring).where(_k.name == sa.bindparam("which"), _k.version == sa.bindparam("done"))
)
_REWRAP = Statement(
    sa.update(key_ring)
    .where(_k.name == sa.bindparam("which"), _k.content == sa.bindparam("old"))
    .values(version=_k.version + 1, content=sa.bindparam("new"))
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
        return Stored(row[0], _records(row[1]))

    def replace_all(self, expected_version: int, records: Sequence[KeyRecord]) -> int:
        """Store exactly these records if the version is still the expected one."""
        with self.database.begin() as tx:
            return self.replace_all_in(tx, expected_version, records)

    def replace_all_in(self, tx: Tx, expected_version: int, records: Sequence[KeyRecord]) -> int:
        """Do so in the caller's transaction, beside its events; raises `RingChanged`."""
        content = _text(records)
        if expected_version == 0:
            done = tx.run(_ADD, which=RING, content=content) == 1
        else:
            values = {"expected": expected_version, "next": expected_version + 1}
            done = tx.run(_REPLACE, which=RING, new_content=content, **values) == 1
        if not done:
            raise RingChanged("another node changed the ring")
        return expected_version + 1

    def settle(self) -> None:
        """Nothing is ever left half done here."""


@dataclass(frozen=True)
class EmbeddedHome:
    """The ring in a folder, changed by way of an intention in the database."""

    database: Database
    folder: FolderHome

    def version(self) -> int:
        """Tell the version in the folder."""
        return self.folder.version()

    def load(self) -> Stored:
        """Give version and records of the same moment."""
        return self.folder.load()

    def replace_all(self, expected_version: int, records: Sequence[KeyRecord]) -> int:
        """Store exactly these records if the version is still the expected one."""
        with self.database.begin() as tx:
            version = self.replace_all_in(tx, expected_version, records)
        self.settle()
        return version

    def replace_all_in(self, tx: Tx, expected_version: int, records: Sequence[KeyRecord]) -> int:
        """Intend the change beside its events; `settle` carries it out once they are committed.

        Raises `RingChanged`, also while an earlier intention waits.
        """
        version = expected_version + 1
        if self.folder.version() != expected_version or not tx.run(
            _INTEND, which=INTENDED, version=version, content=_text(records)
        ):
            raise RingChanged("another process changed the ring")
        tx.made[INTENDED] = version
        return version

    def settle(self) -> None:
        """Carry out what was intended and not done, whoever intended it; harmless when repeated.

        What the present transaction intends may still be rolled back: that is left to a later call.
        """
        with self.database.read() as tx:
            if INTENDED in tx.made:
                return
            intended = tx.one(_LOAD, which=INTENDED)
        if intended is None:
            return
        version, content = intended
        found = self.folder.version()
        if found < version:
            try:
                self.folder.replace_all(found, _records(content))
            except RingChanged:
                return  # another process is carrying it out
        with self.database.begin() as tx:
            tx.run(_DONE, which=INTENDED, done=version)


def open_home(database: Database, data: Path) -> EmbeddedHome | SqlHome:
    """Choose the home of the signing ring: a folder when embedded, else the database."""
    if database.is_sqlite:
        return EmbeddedHome(database, FolderHome(data / "keys"))
    return SqlHome(database)


def _text(records: Sequence[KeyRecord]) -> str:
    return json.dumps([record_to_dict(r) for r in records], sort_keys=True)


def _records(content: str) -> tuple[KeyRecord, ...]:
    return tuple(record_from_dict(item) for item in json.loads(content))


def find_audit_key(tx: Tx) -> str | None:
    """Find the wrapped audit key."""
    row = tx.one(_LOAD, which=AUDIT_KEY)
    return row[1] if row else None


def add_audit_key(tx: Tx, wrapped: str) -> None:
    """Store the wrapped audit key unless there is one."""
    tx.run(_ADD, which=AUDIT_KEY, content=wrapped)


def replace_audit_key(tx: Tx, wrapped: str, again: str) -> bool:
    """Store the same key wrapped again; False when somebody else has done so."""
    return tx.run(_REWRAP, which=AUDIT_KEY, old=wrapped, new=again) == 1
