"""A transaction on PostgreSQL: writes and locks wait for the next question or the commit.

READ COMMITTED: each statement sees what was committed before it, so the question after a lock sees
what the one before us wrote, though both travelled together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from idp.storage.statement import Row, Statement
from idp.storage.tx import OUTAGES, Rows, Tx
from idp.storage.wire import Outcome, Sent, Wire

_BEGIN: Sent = ("BEGIN", None)
_COMMIT: Sent = ("COMMIT", None)
_LOCK = "SELECT pg_advisory_xact_lock(%(number)s)"


class PostgresTx(Tx):
    """Statements wait in order and leave in one flight."""

    __slots__ = ("_ahead", "_begun", "_changed", "_locks", "_waiting", "_wire")

    is_postgresql = True

    def __init__(
        self, wire: Wire, dialect: sa.Dialect, cluster: int, *, changes: bool = False
    ) -> None:
        super().__init__(dialect, cluster)
        self._wire = wire
        self._begun = False
        self._changed = False
        self._waiting: list[Sent] = [_BEGIN] if changes else []
        self._locks: set[str] = set()
        self._ahead: list[tuple[int, _Ahead]] = []
        """Questions among what waits, by their place in it."""

    def ahead(self, statement: Statement, **values: Any) -> _Ahead:
        """Let a question travel with the next one."""
        asked = _Ahead(self)
        self._ahead.append((len(self._waiting), asked))
        self._waiting.append(self._sent(statement, values))
        return asked

    def write(self, statement: Statement, **values: Any) -> None:
        """Execute with the next question or the commit."""
        self._changed = True
        self._waiting.append(self._sent(statement, values))

    def run_many(self, statement: Statement, rows: Sequence[dict[str, Any]]) -> None:
        """Execute once per row, in one batch."""
        sql, constants = statement.for_dialect(self.dialect)
        if rows:
            self._changed = True
            self.flush()
            self._wire.settle()
            with self._wire.connection.cursor() as cursor:
                cursor.executemany(sql, [{**constants, **row} for row in rows])

    def lock(self, name: str) -> None:
        """Hold off everyone else who asks for this name, from the next question on."""
        if name not in self._locks:
            self._locks.add(name)
            self._waiting.append((_LOCK, {"number": lock_number(name)}))

    def text(self, sql: str, values: dict[str, Any] | None = None) -> Rows:
        """Execute plain SQL."""
        self._changed = True  # as far as can be told
        return self._send((sql, values))

    def commit(self) -> None:
        """Make the act durable; raises RuntimeError when a failed statement was passed over."""
        if not self._begun and self._waiting in ([], [_BEGIN]):
            return  # nothing was done
        if not self._changed and not self._waiting:
            # Only looked, under locks: they go when this arrives, and nothing can be lost.
            self._wire.send_off(_COMMIT)
            return
        outcome = self._send(_COMMIT)
        if outcome.status != "COMMIT":
            # PostgreSQL ends a failed transaction by rolling back, without an error.
            raise RuntimeError("a failed statement was passed over; nothing was stored")

    def roll_back(self) -> None:
        """Drop everything, what was not sent yet included."""
        self._waiting, self._ahead = [], []
        if self._begun:
            with suppress(*OUTAGES):  # the connection is gone, and the transaction with it
                self._send(("ROLLBACK", None))

    def _ask(self, statement: Statement, values: dict[str, Any]) -> Rows:
        self._changed = self._changed or not statement.reads
        return self._send(self._sent(statement, values))

    def _sent(self, statement: Statement, values: dict[str, Any]) -> Sent:
        sql, constants = statement.for_dialect(self.dialect)
        return sql, {**constants, **values} if constants else values

    def flush(self) -> None:
        """Send what waits."""
        if self._waiting:
            *before, last = self._waiting
            self._waiting = before
            self._send(last)

    def _send(self, last: Sent) -> Outcome:
        flight, self._waiting = [*self._waiting, last], []
        ahead, self._ahead = self._ahead, []
        self._begun = self._begun or flight[0] is _BEGIN
        outcome, *others = self._wire.ask(flight, [at for at, _ in ahead])
        for (_, asked), found in zip(ahead, others, strict=True):
            asked.outcome = found
        return outcome


class _Ahead:
    """A question that travels with a later one."""

    __slots__ = ("_tx", "outcome")

    def __init__(self, tx: PostgresTx) -> None:
        self._tx = tx
        self.outcome: Outcome | None = None

    def one(self) -> Row | None:
        """Give the first row, or None; sends the question when nothing has taken it along."""
        if self.outcome is None:
            self._tx.flush()
        assert self.outcome is not None, "the transaction was rolled back"
        return self.outcome.fetchone()


def lock_number(name: str) -> int:
    """Give the 64-bit signed number of a lock by its name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
