"""The portal's own SQLite file: one connection, one writer, durable at every commit."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sign_in (
  state_hash BLOB PRIMARY KEY, browser_hash BLOB NOT NULL, nonce TEXT NOT NULL,
  code_verifier TEXT NOT NULL, next_path TEXT NOT NULL, begun_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sign_in_browser ON sign_in (browser_hash, begun_at);
CREATE TABLE IF NOT EXISTS session (
  token_hash BLOB PRIMARY KEY, sub TEXT NOT NULL, sid TEXT, begun_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL, checked_at INTEGER NOT NULL, ended_at INTEGER,
  sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS session_sub ON session (sub);
CREATE INDEX IF NOT EXISTS session_sid ON session (sid);
CREATE INDEX IF NOT EXISTS session_begun ON session (begun_at);
CREATE TABLE IF NOT EXISTS logout (
  jti_hash BLOB PRIMARY KEY, sub TEXT, sid TEXT, issued_at INTEGER NOT NULL,
  keep_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inquiry (
  receipt TEXT PRIMARY KEY, sub TEXT NOT NULL, member_number TEXT NOT NULL,
  reason TEXT NOT NULL, text TEXT NOT NULL, form_id TEXT NOT NULL, sent_at INTEGER NOT NULL,
  UNIQUE (sub, form_id)
) STRICT;
CREATE INDEX IF NOT EXISTS inquiry_sub ON inquiry (sub, sent_at);
"""


class Storage:
    """The file `portal.db` in the data folder; made readable for its owner only."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "portal.db"
        # Created by us first: SQLite would use the umask.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            path, timeout=5.0, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for statements that change nothing."""
        with self._lock:
            yield self._connection

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside one transaction: all of it, or nothing."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
