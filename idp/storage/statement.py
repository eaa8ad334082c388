"""Statements: SQLAlchemy Core, compiled once per dialect, and joined where they may be.

A compiled statement is the SQL text and the constants written in it; executing it costs no more
than the driver does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

Row = tuple[Any, ...]


class Statement:
    """One Core statement with named binds, compiled at first use for each dialect."""

    __slots__ = ("_compiled", "_core", "independent")

    def __init__(self, core: Any, *, independent: bool = False) -> None:
        """Take a Core statement; `independent` marks a write that nothing else in its act reads.

        On PostgreSQL independent writes of one act are sent as one statement.
        """
        self._core = core
        self.independent = independent
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}

    def for_dialect(self, dialect: sa.Dialect) -> tuple[str, dict[str, Any]]:
        """Give the SQL text and the values of the constants written in the statement."""
        found = self._compiled.get(dialect.name)
        if found is None:
            compiled = self._core.compile(dialect=dialect)
            constants = {key: value for key, value in compiled.params.items() if value is not None}
            found = self._compiled[dialect.name] = (str(compiled), constants)
        return found


_BIND = re.compile(r"%\((\w+)\)s")
_TOGETHER: dict[tuple[int, ...], str] = {}


def one_statement(
    writes: Sequence[tuple[Statement, dict[str, Any]]], dialect: sa.Dialect
) -> tuple[str, dict[str, Any]]:
    """Join independent writes into one statement (data-modifying WITH, PostgreSQL 7.8.4)."""
    if len(writes) == 1:
        sql, constants = writes[0][0].for_dialect(dialect)
        return sql, {**constants, **writes[0][1]}
    key = tuple(id(statement) for statement, _ in writes)
    values: dict[str, Any] = {}
    texts: list[str] = []
    known = _TOGETHER.get(key)
    for number, (statement, given) in enumerate(writes):
        sql, constants = statement.for_dialect(dialect)
        for name, value in {**constants, **given}.items():
            values[f"w{number}_{name}"] = value
        if known is None:
            texts.append(_BIND.sub(rf"%(w{number}_\1)s", sql))
    if known is None:
        parts = ", ".join(f"w{number} AS ({text})" for number, text in enumerate(texts[:-1]))
        known = _TOGETHER[key] = f"WITH {parts} {texts[-1]}"
    return known, values
