"""A transaction that ends in an exception."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from idp.storage.sql import Database, Tx


class RolledBack(Exception):
    """What the transaction ends with."""


@contextmanager
def rolled_back(database: Database) -> Iterator[Tx]:
    """Open a transaction; whatever is done in it, an exception ends it."""
    with suppress(RolledBack), database.begin() as tx:
        yield tx
        raise RolledBack
