"""One PostgreSQL connection as the provider uses it: prepared statements, sent in pipelines.

psycopg makes the connection and maps the errors; statements go through its libpq layer
(`psycopg.pq`), because a cursor costs twice the CPU of the exchange itself. Several statements
travel in one flight (PostgreSQL 34.5, "Pipeline Mode"), so an act costs as many round trips as it
asks questions, and one. Values are text, integers, bytes, flags or null, nothing else.
"""

from __future__ import annotations

import re
import select
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

_BIND = re.compile(r"%\((\w+)\)s")
_MOST_PREPARED = 300
_GOOD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY)

Loader = Callable[[bytes], Any]
Sent = tuple[str, Mapping[str, Any] | None]
"""A statement in the driver's style (`%(name)s`) and its values; None: nothing is substituted."""


@dataclass(slots=True)
class Outcome:
    """What the last statement of a flight was answered with."""

    rows: list[tuple[Any, ...]]
    rowcount: int
    status: str
    _next: int = 0

    def fetchone(self) -> tuple[Any, ...] | None:
        """Give the next row, or None."""
        if self._next >= len(self.rows):
            return None
        self._next += 1
        return self.rows[self._next - 1]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Give all rows that are left."""
        left, self._next = self.rows[self._next :], len(self.rows)
        return left


@dataclass(slots=True)
class _Prepared:
    name: bytes
    sql: bytes
    parameters: tuple[str, ...]
    ready: bool = False
    loaders: tuple[Loader, ...] = ()


_Bound = tuple[_Prepared, list[bytes | None]]


@dataclass
class Wire:
    """Sends flights of statements over one connection."""

    connection: psycopg.Connection[Any]
    _known: dict[str, _Prepared] = field(default_factory=dict)
    _number: int = 0
    _owed: list[_Prepared | None] = field(default_factory=list)
    """What a flight that nobody waited for will still be answered with; its sync comes after."""

    def __post_init__(self) -> None:
        """Prepare to wait for the socket."""
        self._pq = self.connection.pgconn
        self._readable = select.poll()
        self._readable.register(self._pq.socket, select.POLLIN)

    def send(self, flight: Sequence[Sent]) -> Outcome:
        """Send statements in one flight; answer the last one's outcome; raises as `ask`."""
        return self.ask(flight)[0]

    def ask(self, flight: Sequence[Sent], also: Sequence[int] = ()) -> list[Outcome]:
        """Send statements in one flight; answer the last one's outcome, and of those at `also`.

        Raises the driver's error for the first that fails; those after it were not executed.
        """
        bound = [self._bound(sql, values) for sql, values in flight]
        try:
            self._pq.enter_pipeline_mode()  # does nothing when something is still owed
            steps = self._dispatch(bound)
            self._settle_owed()
            results = self._collect(steps)
            self._pq.exit_pipeline_mode()
        except BaseException:
            self._leave()
            raise
        return [_outcome(bound[at][0], results[at]) for at in (-1, *also)]

    def send_off(self, last: Sent) -> None:
        """Send a statement whose outcome nobody needs; the next flight collects it on its way."""
        bound = [self._bound(*last)]
        try:
            self._pq.enter_pipeline_mode()
            steps = self._dispatch(bound)
            self._settle_owed()
            self._owed = steps
        except BaseException:
            self._leave()
            raise

    def settle(self) -> None:
        """Collect what is still owed, so that the driver itself may use the connection."""
        if self._owed:
            try:
                self._settle_owed()
                self._pq.exit_pipeline_mode()
            except BaseException:
                self._leave()
                raise

    def _settle_owed(self) -> None:
        owed, self._owed = self._owed, []
        if owed:
            self._collect(owed)

    def _bound(self, sql: str, values: Mapping[str, Any] | None) -> _Bound:
        known = self._known.get(sql) or self._learn(sql, substitutes=values is not None)
        given = values or {}
        return known, [_dumped(given[name]) for name in known.parameters]

    def _learn(self, sql: str, *, substitutes: bool) -> _Prepared:
        names: dict[str, int] = {}

        def number(match: re.Match[str]) -> str:
            return f"${names.setdefault(match[1], len(names) + 1)}"

        if len(self._known) >= _MOST_PREPARED:
            self.settle()
            self._pq.exec_(b"DEALLOCATE ALL")
            self._known.clear()
        text = _BIND.sub(number, sql).replace("%%", "%") if substitutes else sql
        self._number += 1
        known = _Prepared(b"s%d" % self._number, text.encode(), tuple(names))
        self._known[sql] = known
        return known

    def _dispatch(self, bound: list[_Bound]) -> list[_Prepared | None]:
        """Send; answer, per expected result, which statement it makes ready."""
        steps: list[_Prepared | None] = []
        for known, values in bound:
            # What is owed was sent before: its preparation comes first, though not yet confirmed.
            if not known.ready and known not in steps and known not in self._owed:
                self._pq.send_prepare(known.name, known.sql)
                steps.append(known)
            self._pq.send_query_prepared(known.name, values)
            steps.append(None)
        self._pq.pipeline_sync()
        return steps

    def _collect(self, steps: list[_Prepared | None]) -> list[PGresult]:
        """Wait for what was sent; answer the results of the statements, in order."""
        results: list[PGresult] = []
        failed: PGresult | None = None
        for step in [*steps, None]:
            result = self._result()
            if result.status in _GOOD:
                if step is None:
                    results.append(result)
                else:
                    step.ready = True
            elif result.status not in (ExecStatus.PIPELINE_ABORTED, ExecStatus.PIPELINE_SYNC):
                failed = failed or result
        if failed is not None:
            raise error_from_result(failed)
        return results

    def _result(self) -> PGresult:
        """Wait for the next result; a null one only ends the results of a statement."""
        while True:
            while self._pq.is_busy():
                self._readable.poll()  # without the interpreter lock, which get_result holds
                self._pq.consume_input()
            result = self._pq.get_result()
            if self._pq.status != ConnStatus.OK:
                raise psycopg.OperationalError("the connection to the database was lost")
            if result is not None:
                return result

    def _leave(self) -> None:
        """Leave the pipeline; a connection in the middle of a flight is not used again."""
        self._owed = []
        try:
            if self._pq.status == ConnStatus.OK:
                self._pq.exit_pipeline_mode()
        except psycopg.OperationalError:
            self.connection.close()


def _dumped(value: Any) -> bytes | None:
    match value:
        case None:
            return None
        case str():
            encoded = value.encode()
            if b"\0" in encoded:
                raise psycopg.DataError("PostgreSQL text cannot hold a NUL")
            return encoded
        case bool():
            return b"t" if value else b"f"
        case int():
            return b"%d" % value
        case bytes():
            return b"\\x" + value.hex().encode()
        case _:
            raise psycopg.ProgrammingError(f"a value of type {type(value).__name__}")


def _outcome(known: _Prepared, result: PGresult) -> Outcome:
    columns = range(result.nfields)
    if columns and not known.loaders:
        known.loaders = tuple(_LOADERS.get(result.ftype(c), bytes.decode) for c in columns)
    rows = [
        tuple(
            None if (raw := result.get_value(row, c)) is None else known.loaders[c](raw)
            for c in columns
        )
        for row in range(result.ntuples)
    ]
    return Outcome(rows, result.command_tuples or 0, (result.command_status or b"").decode())


def _flag(raw: bytes) -> bool:
    return raw == b"t"


def _bytes(raw: bytes) -> bytes:
    return bytes.fromhex(raw[2:].decode())


# Type numbers of pg_type: bool, bytea, int8, int2, int4, oid, float4, float8, numeric.
_LOADERS: dict[int, Loader] = {
    16: _flag,
    17: _bytes,
    20: int,
    21: int,
    23: int,
    26: int,
    700: float,
    701: float,
    1700: float,
}
