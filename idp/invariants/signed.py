"""Whether saved reviews and their sign-offs are what their events say, neither more nor less.

Row and event commit together; whatever differs is looked at a second time. A row whose event lost
its body to retention has nothing to be compared with any more: its leaf is there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from audit.names import EventName
from idp.invariants import store
from idp.invariants.model import SUM, Fact, Finding
from idp.journal import store as journal
from idp.storage.sql import Database, Tx

PAGE = 2_000
_EVENTS = journal.pages_of(
    [EventName.REVIEW_SAVED, EventName.REVIEW_SIGNED, EventName.REVIEW_RETIRED]
)


def reviews_differ(database: Database, pause: float) -> Iterator[Finding]:
    """Give what only one of tables and log has."""
    found = _differing(database)
    if found:
        time.sleep(pause)
        found = [one for one in _differing(database) if one in found]
    for fact, says in found:
        yield Finding(SUM, None, " ".join(fact[:2]), says)


def _differing(database: Database) -> list[tuple[Fact, str]]:
    with database.read() as tx:
        state, folded = set(store.facts_of_reviews(tx)), set(_folded(tx))
        alone = [one for one in sorted(state - folded) if not store.was_purged(tx, one[1])]
    return [
        *((fact, "stands in the database, and no event made it so") for fact in alone),
        *(
            (fact, "was made by an event, and is not so in the database")
            for fact in sorted(folded - state)
        ),
    ]


def _folded(tx: Tx) -> Iterator[Fact]:
    after = 0
    while True:
        rows = tx.all(_EVENTS, after=after, most=PAGE)
        for position, _, line in rows:
            after = position
            yield _fact(json.loads(line))
        if len(rows) < PAGE:
            return


def _fact(event: dict[str, Any]) -> Fact:
    data, name = event["data"], event["name"]
    if name == EventName.REVIEW_SAVED:
        return ("review", event["id"], event["actor"]["id"], data["criteria_digest"])
    if name == EventName.REVIEW_RETIRED:
        return ("end of review", event["id"], data["review"])
    kept = ("review", "criteria_digest", "finding", "found", "found_digest", "size", "root")
    return (
        "sign-off",
        event["id"],
        event["actor"]["id"],
        *(str(data[one]) for one in kept),
        data.get("remark") or "",
        data.get("corrects") or "",
    )
