"""The card's own facts in one SQLite file: ended sessions, seen logout tokens, check codes.

Keeps nothing that names a person: a session is the provider's `sid` with its `sub`, a check
code is a keyed hash. One connection behind one lock is plenty for one process; each public
method is one transaction.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from relying_parties.card.tokens import LEEWAY, Notice, Session

KEEP_ENDED: Final = 400 * 86400.0  # longer than any refresh token of the card lives
UNKNOWN: Final = "unknown"

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS session (sid TEXT PRIMARY KEY, sub TEXT NOT NULL,
  began_at REAL NOT NULL, proof BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS session_by_proof ON session (proof);
CREATE INDEX IF NOT EXISTS session_by_begin ON session (began_at);
CREATE TABLE IF NOT EXISTS ended_session (sid TEXT PRIMARY KEY, reason TEXT NOT NULL,
  ended_at REAL NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ended_subject (sub TEXT PRIMARY KEY, reason TEXT NOT NULL,
  ended_at REAL NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS logout_token (jti TEXT PRIMARY KEY, expires_at REAL NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS check_code (code_hash BLOB PRIMARY KEY, sid TEXT NOT NULL,
  expires_at REAL NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS check_code_by_end ON check_code (expires_at);
CREATE INDEX IF NOT EXISTS check_code_by_sid ON check_code (sid);
"""

# A logout token without a sid ends every session of its subject that had begun by then.
END_OF_SESSION: Final = """
SELECT reason FROM ended_session WHERE sid = :sid
UNION ALL
SELECT e.reason FROM session s JOIN ended_subject e ON e.sub = s.sub AND s.began_at <= e.ended_at
 WHERE s.sid = :sid
LIMIT 1
"""
CODE_IS_VALID: Final = """
SELECT c.sid FROM check_code c WHERE c.code_hash = ? AND c.expires_at > ?
"""


class Store:
    """Opens (and creates) the file `card.db` in `folder`, which must exist."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(
            folder / "card.db", timeout=5.0, isolation_level=None, check_same_thread=False
        )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # a logout must survive a power cut
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def ready(self) -> bool:
        """Say whether the file can be read."""
        with self._lock:
            return self._db.execute("SELECT 1").fetchone() is not None

    def end(self, notice: Notice, now: float) -> bool:
        """Record what a logout token ended; False when its `jti` was taken before."""
        reason = notice.reason or UNKNOWN
        with self._transaction() as db:
            db.execute("DELETE FROM logout_token WHERE expires_at < ?", (now - 2 * LEEWAY,))
            taken = db.execute(
                "INSERT OR IGNORE INTO logout_token VALUES (?, ?)", (notice.jti, notice.expires_at)
            )
            if taken.rowcount == 0:
                return False
            if notice.sid is not None:
                db.execute(
                    "INSERT INTO ended_session VALUES (?, ?, ?) ON CONFLICT (sid) DO NOTHING",
                    (notice.sid, reason, now),
                )
            else:
                db.execute(
                    "INSERT INTO ended_subject VALUES (?, ?, ?) ON CONFLICT (sub) DO UPDATE"
                    " SET reason = excluded.reason, ended_at = max(ended_at, excluded.ended_at)",
                    (notice.sub, reason, notice.issued_at),
                )
            self._forget_old(db, now)
        return True

    def meet(self, session: Session, proof: bytes) -> None:
        """Remember a session that proved itself, and the hash of the ID token that did it."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO session VALUES (?, ?, ?, ?)"
                " ON CONFLICT (sid) DO UPDATE SET proof = excluded.proof WHERE sub = excluded.sub",
                (session.sid, session.sub, session.began_at, proof),
            )

    def known(self, proof: bytes) -> Session | None:
        """Return the session that this ID token proved before, also after its key was retired."""
        with self._lock:
            row = self._db.execute(
                "SELECT sid, sub, began_at FROM session WHERE proof = ?", (proof,)
            ).fetchone()
        return None if row is None else Session(*row)

    def end_of(self, sid: str) -> str | None:
        """Return why a session has ended (one of the reasons or `unknown`), None while live."""
        with self._lock:
            return self._end_of(self._db, sid)

    def add_code(self, code_hash: bytes, sid: str, expires_at: float, now: float) -> None:
        """Keep a check code for its session; the same code again changes nothing."""
        with self._transaction() as db:
            db.execute("DELETE FROM check_code WHERE expires_at <= ?", (now,))
            db.execute(
                "INSERT OR IGNORE INTO check_code VALUES (?, ?, ?)", (code_hash, sid, expires_at)
            )

    def drop_codes(self, sid: str) -> None:
        """Make every check code of a session invalid."""
        with self._transaction() as db:
            db.execute("DELETE FROM check_code WHERE sid = ?", (sid,))

    def is_valid(self, code_hash: bytes, now: float) -> bool:
        """Say whether a check code is of now and its session is live."""
        with self._lock:
            row = self._db.execute(CODE_IS_VALID, (code_hash, now)).fetchone()
            return row is not None and self._end_of(self._db, row[0]) is None

    @staticmethod
    def _end_of(db: sqlite3.Connection, sid: str) -> str | None:
        row = db.execute(END_OF_SESSION, {"sid": sid}).fetchone()
        return None if row is None else str(row[0])

    @staticmethod
    def _forget_old(db: sqlite3.Connection, now: float) -> None:
        before = (now - KEEP_ENDED,)
        db.execute("DELETE FROM ended_session WHERE ended_at < ?", before)
        db.execute("DELETE FROM ended_subject WHERE ended_at < ?", before)
        db.execute("DELETE FROM session WHERE began_at < ?", before)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
