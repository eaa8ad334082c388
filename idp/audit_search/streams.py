"""Streams: for each criterion the positions that fulfil it, newest first, from one index.

A search drives with the rarest of them and asks the others about what it finds. The newest events
are not indexed yet: each stream of terms holds them all, and each is looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from idp.audit_search import store
from idp.audit_search.model import Criteria
from idp.audit_search.terms import Kind, Terms
from idp.storage.sql import Tx

TAIL_AT_MOST = 5_000
"""Events that may wait for the index; beyond that terms are not searched by (`Tail.whole`)."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Positions that are not indexed yet, newest first; not whole when there are too many."""

    positions: tuple[int, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """The events that may fulfil one criterion."""

    below: Callable[[Tx, int, int], list[int]]
    """Positions below one, newest first, at most so many."""
    among: Callable[[Tx, Sequence[int]], set[int]]


def tail_of(tx: Tx, indexed: int) -> Tail:
    """Read which events are not indexed; `indexed` was read before.

    First those without leaf, then the leaves: an event that is sealed in between is in both.
    """
    most = TAIL_AT_MOST + 1
    waiting = set(store.unsealed(tx, most))
    if len(waiting) < most:
        waiting.update(store.sealed_not_indexed(tx, indexed, most))
    return Tail(tuple(sorted(waiting, reverse=True)), len(waiting) < most)


def streams_of(criteria: Criteria, terms: Terms, tail: Tail) -> list[Stream]:
    """Give the streams of a search; none when only a period is asked for."""
    columns = {
        "subject": criteria.subject if criteria.member is None else None,
        "client": criteria.client,
        "name": criteria.name.value if criteria.name else None,
        "reference": criteria.reference,
        **({criteria.outcome: criteria.outcome} if criteria.outcome in store.COLUMNS else {}),
    }
    found = [_column(name, value) for name, value in columns.items() if value is not None]
    if not tail.whole:
        return found
    found += [_term(term, tail) for term in _terms(criteria, terms)]
    if criteria.actor is not None:
        own = _column("subject", criteria.actor)  # no term says that the subject acted
        found.append(_either(_term(terms.of(Kind.ACTOR, criteria.actor), tail), own))
    if criteria.member is not None:
        stream = _term(terms.of(Kind.MEMBER, criteria.member), tail)
        if criteria.subject is not None:
            stream = _either(stream, _column("subject", criteria.subject))
        found.append(stream)
    return found


def every() -> Stream:
    """Give the stream of all events."""
    return Stream(store.every, lambda _, positions: set(positions))


def _terms(criteria: Criteria, terms: Terms) -> list[int]:
    found = [terms.of_place(criteria.address)] if criteria.address else []
    for kind, value in ((Kind.SESSION, criteria.session), (Kind.CASE, criteria.case)):
        if value is not None:
            found.append(terms.of(kind, value))
    return found


def _column(name: str, value: str) -> Stream:
    column = store.COLUMNS[name]
    return Stream(
        lambda tx, before, most: column.below(tx, value, before, most),
        lambda tx, positions: column.among(tx, value, positions),
    )


def _term(term: int, tail: Tail) -> Stream:
    waiting = set(tail.positions)

    def below(tx: Tx, before: int, most: int) -> list[int]:
        fresh = [one for one in tail.positions if one < before][:most]
        return _merged(fresh, store.of_term(tx, term, before, most), most)

    def among(tx: Tx, positions: Sequence[int]) -> set[int]:
        return store.term_among(tx, term, positions) | waiting.intersection(positions)

    return Stream(below, among)


def _either(one: Stream, other: Stream) -> Stream:
    return Stream(
        lambda tx, before, most: _merged(
            one.below(tx, before, most), other.below(tx, before, most), most
        ),
        lambda tx, positions: one.among(tx, positions) | other.among(tx, positions),
    )


def _merged(one: Sequence[int], other: Sequence[int], most: int) -> list[int]:
    return sorted({*one, *other}, reverse=True)[:most]
