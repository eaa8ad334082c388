"""Statements that write terms, take them away, and find whose events they were made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from idp.audit_search.store import forms, listed
from idp.audit_search.tables import audit_term
from idp.audit_search.terms import KIND_BITS, PERSONAL
from idp.journal.tables import audit_event
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_e, _t = audit_event.c, audit_term.c
_ADD = Statement(
    sa.text("INSERT OR IGNORE INTO audit_term (term, position) VALUES (:term, :position)")
)
_ADD_PG = Statement(
    sa.text(
        "INSERT INTO audit_term (term, position) SELECT t, p"
        " FROM unnest(CAST(:terms AS bigint[]), CAST(:positions AS bigint[])) AS x(t, p)"
        " ORDER BY t, p ON CONFLICT DO NOTHING"
    )
)
_REMOVE = Statement(
    sa.delete(audit_term).where(_t.term == sa.bindparam("which"), _t.position == sa.bindparam("at"))
)
_REMOVE_TERM = Statement(sa.delete(audit_term).where(_t.term == sa.bindparam("which")))
_PERSONAL = ", ".join(str(int(kind)) for kind in PERSONAL)
_SWEEP = forms(
    f"DELETE FROM audit_term WHERE position LISTED AND (term & {KIND_BITS}) IN ({_PERSONAL})"  # noqa: S608
    " RETURNING position"
)
_REMOVE_ALL = forms("DELETE FROM audit_term WHERE position LISTED RETURNING position")
_OF_SUBJECT = Statement(
    sa.select(_e.position, _e.line)
    .where(_e.subject == sa.bindparam("who"), _e.position > sa.bindparam("after"))
    .order_by(_e.position)
    .limit(sa.bindparam("most"))
)
_UNDER_KEY = Statement(
    sa.select(_e.position, _e.line, _e.line.contains(sa.bindparam("key")))
    .where(_e.position > sa.bindparam("after"), _e.position <= sa.bindparam("last"))
    .order_by(_e.position)
    .limit(sa.bindparam("most"))
)


def add(tx: Tx, found: Sequence[tuple[int, int]]) -> None:
    """Insert (term, position); what is there stays."""
    if tx.is_postgresql:
        terms, positions = ("{" + ",".join(str(x[i]) for x in found) + "}" for i in (0, 1))
        tx.run(_ADD_PG, terms=terms, positions=positions)
    else:
        tx.run_many(_ADD, [{"term": term, "position": position} for term, position in found])


def remove(tx: Tx, found: Sequence[tuple[int, int]]) -> None:
    """Delete (term, position)."""
    tx.run_many(_REMOVE, [{"which": term, "at": position} for term, position in found])


def remove_term(tx: Tx, term: int) -> None:
    """Delete a term wherever it stands."""
    tx.run(_REMOVE_TERM, which=term)


def sweep(tx: Tx, positions: Iterable[int]) -> int:
    """Delete the personal terms of events whatever they are; answers how many there were."""
    return len(listed(tx, _SWEEP, positions))


def remove_all(tx: Tx, positions: Iterable[int]) -> int:
    """Delete all terms of events whose bodies are purged; answers how many there were."""
    return len(listed(tx, _REMOVE_ALL, positions))


def of_subject(tx: Tx, subject: str, after: int, most: int) -> list[tuple[int, str]]:
    """List a subject's events (position, line), oldest first, after a position."""
    return [(row[0], row[1]) for row in tx.all(_OF_SUBJECT, who=subject, after=after, most=most)]


def under_key(tx: Tx, key_id: str, after: int, last: int, most: int) -> list[tuple[int, str, bool]]:
    """Go through a range of the log (position, line, whether the line names a key)."""
    found = tx.all(_UNDER_KEY, key=key_id, after=after, last=last, most=most)
    return [(row[0], row[1], bool(row[2])) for row in found]
