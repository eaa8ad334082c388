"""Whom a call is about: a search that shows few, masked, so many times an hour, each recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from audit.event import new_id
from idp.clock import Clock, date_in_tokyo
from idp.helpdesk import store
from idp.helpdesk.events import CaseEvents
from idp.helpdesk.model import CaseRefused, Operator, Searched, Why
from idp.inforce.service import PolicyInForce
from idp.members import search_store
from idp.members import store as members
from idp.members.errors import BadSearch
from idp.members.model import Member, name_on
from idp.members.search import Wanted, read_wanted
from idp.policy.helpdesk import QuestionKind
from idp.storage.sql import Database, Tx

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONGEST: Final = 100
_PROVES_NOTHING: Final = {
    "name": QuestionKind.KANA_NAME,
    "kana": QuestionKind.KANA_NAME,
    "phone": QuestionKind.PHONE_LAST,
    "number": QuestionKind.MEMBER_NUMBER,
}


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody found, masked: enough to ask the caller which of them, and no answer to anything."""

    place: int
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search shows; `more` fit than are shown."""

    search: str
    hits: list[Hit]
    more: bool


@dataclass(frozen=True)
class Searching:
    """Finds members for an operator."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    events: CaseEvents

    def search(self, operator: Operator, typed: str) -> Found:
        """Find members; raises `BadSearch`, and `CaseRefused` for one search too many.

        Both the attempt that is refused and the search are on record. Limits count an operator's
        searches, whatever they found (CWE-799: no list of members is read out through it).
        """
        now, rules = self.clock.now(), self.policy.policy.helpdesk
        if len(typed) > LONGEST:
            raise BadSearch("long")
        wanted = read_wanted(typed)
        with self.database.begin() as tx:
            store.hold_operator(tx, operator.staff_id)
            in_hour = store.count_searches(tx, operator.staff_id, now - HOUR)
            in_day = store.count_searches(tx, operator.staff_id, now - DAY)
            if in_hour < rules.searches_per_hour and in_day < rules.searches_per_day:
                return self._search(tx, operator, typed, wanted, now)
            why = Why.SEARCHES
            self.events.searched(tx, operator, typed, wanted.kinds, (), now, why=why)
        raise CaseRefused(why, 429)

    def _search(
        self, tx: Tx, operator: Operator, typed: str, wanted: Wanted, now: datetime
    ) -> Found:
        most = self.policy.policy.helpdesk.results
        rows = [members.find(tx, number) for number in search_store.find(tx, wanted, most + 1)]
        known = [one for one in rows if one and not members.is_erased(tx, one.member_number)]
        shown = known[:most]
        numbers = tuple(one.member_number for one in shown)
        done = Searched(new_id(now), operator.staff_id, now, wanted.kinds, numbers)
        store.add_search(tx, done)
        self.events.searched(tx, operator, typed, wanted.kinds, numbers, now)
        hits = [_masked(place, one, now) for place, one in enumerate(shown)]
        return Found(done.id, hits, len(known) > most)


def said_already(searches: list[Searched], number: str) -> frozenset[QuestionKind]:
    """Tell what callers have said already when a member was found: it proves nothing any more."""
    kinds = {kind for one in searches if number in one.found for kind in one.kinds}
    return frozenset(_PROVES_NOTHING[kind] for kind in kinds)


def _masked(place: int, member: Member, now: datetime) -> Hit:
    name = name_on(member, date_in_tokyo(now))
    parts = [part[:1] + "＊" * (len(part) - 1) for part in (name.family, name.given) if part]
    return Hit(place, "　".join(parts), "＊" * 6 + member.member_number[-2:])
