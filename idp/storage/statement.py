"""Statements: SQLAlchemy Core, compiled once per dialect.

A compiled statement is the SQL text and the constants written in it; executing it costs no more
than the driver does.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

Row = tuple[Any, ...]


class Statement:
    """One Core statement with named binds, compiled at first use for each dialect."""

    __slots__ = ("_compiled", "_core", "reads")

    def __init__(self, core: Any) -> None:
        """Take a Core statement, or text."""
        self._core = core
        self.reads = isinstance(core, sa.Select)
        """Whether it only looks."""
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}

    def for_dialect(self, dialect: sa.Dialect) -> tuple[str, dict[str, Any]]:
        """Give the SQL text and the values of the constants written in the statement."""
        found = self._compiled.get(dialect.name)
        if found is None:
            compiled = self._core.compile(dialect=dialect)
            constants = {key: value for key, value in compiled.params.items() if value is not None}
            found = self._compiled[dialect.name] = (str(compiled), constants)
        return found
