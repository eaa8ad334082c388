"""Columns of secrets that lie wrapped by a master key: which key each is under, and replacing them.

A row changes only if it still holds what was read, so what somebody forgot or renewed meanwhile
stays so. Opening and wrapping is for `idp.key_rotation`; which columns there are, for the stores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from idp.storage.sql import Tx
from idp.storage.statement import Statement


@dataclass(frozen=True, slots=True)
class Again:
    """One secret that was wrapped again; `also` are other columns of its row that follow it."""

    row: str
    old: str
    new: str
    also: Mapping[str, str] = field(default_factory=dict)


class WrappedColumn:
    """The wrapped secrets of one table, in the order of their rows' ids."""

    def __init__(
        self,
        row: sa.Column[str],
        secret: sa.Column[Any],
        *,
        around: tuple[str, str] = ("", ""),
        only: Sequence[sa.ColumnElement[bool]] = (),
        also: Sequence[sa.Column[str]] = (),
    ) -> None:
        """Name the columns; `around` is what stands before and after the wrapped text in them.

        `also` are columns that may follow a secret when it is wrapped again.
        """
        self._around = around
        self._secret, self._kept = secret, (secret.is_not(None), *only)
        prefix = sa.func.substr(secret, 1, sa.bindparam("length", type_=sa.Integer))
        self._others = Statement(
            sa.select(row, secret)
            .where(*self._kept, prefix != sa.bindparam("prefix"), row > sa.bindparam("after"))
            .order_by(row)
            .limit(sa.bindparam("most"))
        )
        self._replace = Statement(
            sa.update(row.table)
            .where(row == sa.bindparam("which"), secret == sa.bindparam("old"))
            .values(
                {secret.name: sa.bindparam("new")}
                | {column.name: sa.bindparam(f"also_{column.name}") for column in also}
            )
        )

    def count(self, tx: Tx, master_ids: Sequence[str]) -> Counter[str | None]:
        """Count the secrets by master key; None for those under none of the keys that are named.

        In one statement: a secret that is wrapped again meanwhile must not seem lost.
        """
        under = [sa.func.count(sa.case((self._is_under(known), 1))) for known in master_ids]
        row = tx.one(Statement(sa.select(sa.func.count(), *under).where(*self._kept)))
        every, *each = row or (0,)
        counted: Counter[str | None] = Counter(dict(zip(master_ids, each, strict=True)))
        counted[None] = every - sum(each)
        return counted

    def under_others(self, tx: Tx, master_id: str, after: str, most: int) -> list[tuple[str, str]]:
        """List (id, wrapped secret) of those under another master key than this one, past an id."""
        prefix = self._prefix(master_id)
        rows = tx.all(self._others, after=after, most=most, prefix=prefix, length=len(prefix))
        before, behind = map(len, self._around)
        return [(row[0], row[1][before : len(row[1]) - behind]) for row in rows]

    def replace(self, tx: Tx, again: Sequence[Again]) -> None:
        """Replace secrets; what changed since it was read is left alone."""
        before, behind = self._around
        tx.run_many(
            self._replace,
            [
                {"which": one.row, "old": before + one.old + behind}
                | {"new": before + one.new + behind}
                | {f"also_{name}": value for name, value in one.also.items()}
                for one in again
            ],
        )

    def _is_under(self, master_id: str) -> sa.ColumnElement[bool]:
        prefix = self._prefix(master_id)
        return sa.func.substr(self._secret, 1, len(prefix)) == prefix

    def _prefix(self, master_id: str) -> str:
        return f"{self._around[0]}v1.{master_id}."
