"""Reading attempts from the log in the order in which they were decided, in pages.

Position is the order of insertion; events about one budget are inserted under its lock, so for each
budget it is the order of the decisions (SQLite: for all of them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from idp.attempts.model import NAMES, Attempt, read_attempt
from idp.clock import to_micros
from idp.journal import store as journal
from idp.storage.sql import Database

PAGE = 5_000
_PAGES = journal.pages_of(NAMES)


def attempts_between(
    database: Database,
    begin: datetime,
    end: datetime,
    progress: Callable[[int], None] = lambda _count: None,
) -> Iterator[Attempt]:
    """Give the attempts recorded from `begin` until before `end`, oldest first.

    `progress` is told how many more were read. Each page is a statement of its own: no transaction
    is held open while a long history is gone through.
    """
    first, last = to_micros(begin), to_micros(end)
    with database.read() as tx:
        after = journal.position_before(tx, begin)
    while True:
        with database.read() as tx:
            rows = tx.all(_PAGES, after=after, most=PAGE)
        for position, occurred_at, line in rows:
            after = position
            if first <= occurred_at < last:
                yield read_attempt(line)
        progress(len(rows))
        if len(rows) < PAGE:
            return


def count_between(database: Database, begin: datetime) -> int:
    """Tell about how many events lie after an instant, for a progress bar."""
    with database.read() as tx:
        return journal.newest_position(tx) - journal.position_before(tx, begin)
