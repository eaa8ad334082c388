"""Where the figures come from: the period in the log, its sums, and the policies of its time."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.names import EventName
from idp.clock import from_micros, to_micros
from idp.evidence import store
from idp.evidence.model import Extent
from idp.evidence.period import Period
from idp.evidence.store import Named
from idp.inforce import store as policies
from idp.storage.sql import Database

PERSONS = ("staff", "operator")
"""Kinds of actors that are named; members and their numbers never are."""


@dataclass(frozen=True, slots=True)
class Activation:
    """One policy that was put in force."""

    number: int
    digest: str
    at: datetime
    by: str
    texts: Mapping[str, str]

    def area(self, name: str) -> dict[str, Any]:
        """Give the values of one file; empty when this policy had none of that name."""
        return tomllib.loads(self.texts.get(name, ""))


class Sums:
    """Counts of the events of a period: by name, outcome and day in Japan."""

    def __init__(self, rows: list[tuple[int, str, str, int]]) -> None:
        self._by_day: dict[tuple[str, str], dict[int, int]] = {}
        for day, name, outcome, count in rows:
            self._by_day.setdefault((name, outcome), {})[day] = count

    def of(self, name: EventName | str, outcome: str | None = None) -> int:
        """Count the events of a name."""
        return sum(self.days(name, outcome).values())

    def days(self, name: EventName | str, outcome: str | None = None) -> Counter[int]:
        """Count the events of a name by day (days since the epoch)."""
        found: Counter[int] = Counter()
        for (one, ended), by_day in self._by_day.items():
            if one == str(name) and outcome in (None, ended):
                found.update(by_day)
        return found

    def days_of(self, outcome: str) -> Counter[int]:
        """Count all events of an outcome by day."""
        found: Counter[int] = Counter()
        for (_, ended), by_day in self._by_day.items():
            if ended == outcome:
                found.update(by_day)
        return found

    def names(self) -> list[str]:
        """Name what occurred."""
        return sorted({name for name, _ in self._by_day})

    def total(self) -> int:
        """Count everything."""
        return sum(sum(by_day.values()) for by_day in self._by_day.values())


@dataclass(frozen=True)
class Source:
    """What every chapter is made from."""

    database: Database
    period: Period
    finished: bool
    extent: Extent
    sums: Sums
    activations: tuple[Activation, ...]
    """Up to the end of the period, the oldest first."""
    staff: Mapping[str, str]
    """Names of the staff by their ids."""

    @property
    def in_force(self) -> Activation | None:
        """Give the policy that was in force at the end."""
        return self.activations[-1] if self.activations else None

    def events(
        self, name: EventName, *, containing: str = "", from_the_first: bool = False
    ) -> Iterator[Named]:
        """Stream the events of a name in the period, or from the first one to its end."""
        since = 0 if from_the_first else None
        return store.named(
            self.database, name.value, self.extent, containing=containing, since=since
        )

    def policy_at(self, moment: datetime) -> Activation | None:
        """Give the policy that was in force at an instant."""
        found = [one for one in self.activations if one.at <= moment]
        return found[-1] if found else None

    def who(self, actor_id: str | None) -> str:
        """Name an actor: somebody of the staff by name too."""
        if actor_id is None:
            return ""
        name = self.staff.get(actor_id)
        return f"{name} ({actor_id})" if name else actor_id


def read_source(database: Database, period: Period, until: datetime) -> Source:
    """Read what chapters share; `until` is the present instant."""
    finished = period.end <= until
    end = to_micros(period.end if finished else until)
    with database.read() as tx:
        extent = store.extent_of(tx, to_micros(period.begin), end)
        summed = Sums(store.sums(tx, extent) if not extent.is_empty else [])
        known = [row for row in policies.history(tx) if row[2] < end]
        activations = tuple(
            Activation(
                row[0], row[1], from_micros(row[2]), row[3], policies.find_text(tx, row[1]) or {}
            )
            for row in reversed(known)
        )
        staff = {row[0]: row[1] for row in store.staff_before(tx, end)}
    return Source(database, period, finished, extent, summed, activations, staff)


def actor_of(event: Mapping[str, Any]) -> tuple[str, str, str]:
    """Give kind, id and role of an actor; the id only of those who are named (`PERSONS`)."""
    actor = event["actor"]
    who = actor.get("id")
    shown = who if actor["kind"] in PERSONS and isinstance(who, str) else ""
    return actor["kind"], shown, actor.get("role") or ""


def read_line(named: Named) -> dict[str, Any]:
    """Read an event as it stands in the log: what is personal in it stays sealed."""
    event: dict[str, Any] = json.loads(named.line)
    return event
