"""How long searches of a large audit log take: `python -m bench.audit_search`, after `audit_data`.

Random searches of every kind and combination, each once, first pages and later ones, on a server
that was just started. Next to the milliseconds stands how many times the newest page costs: a
figure that does not depend on the machine.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from audit.names import EventName
from bench.audit_events import BEGIN, CLIENTS, STAFF, SUBJECTS, YEARS, subject
from bench.audit_place import default_folder, running
from idp.assembly.audit_search import build_search
from idp.assembly.foundation import Foundation
from idp.audit_search.model import Criteria
from idp.audit_search.places import parse_place
from idp.audit_search.service import AuditSearch
from idp.journal import store as journal

PAGE = 50
TARGET_MS = 300.0
NAMES = tuple(EventName)


@dataclass
class Kind:
    """Searches of one kind, and what each took in milliseconds."""

    name: str
    draw: Callable[[], dict[str, Any]]
    took: list[float] = field(default_factory=list)
    found: int = 0
    cut: int = 0
    """Pages that ended early, having looked at as much as a page may."""


@dataclass
class Values:
    """What to search for: mostly what is there."""

    foundation: Foundation
    chance: random.Random

    def subject(self) -> str:
        return subject(self.chance.randrange(SUBJECTS))

    def of_log(self, member: str) -> str:
        """Give a value of a random event that has it."""
        with self.foundation.database.read() as tx:
            newest = journal.newest_position(tx)
            while True:
                at = self.chance.randrange(1, newest)
                row = tx.text(
                    "SELECT line FROM audit_event WHERE position BETWEEN %(at)s AND %(to)s"
                    " ORDER BY position",
                    {"at": at, "to": at + 200},
                ).fetchall()
                events = [json.loads(one[0]) for one in row]
                known = [e.get(member) or e.get("data", {}).get(member) for e in events]
                if any(known):
                    return str(next(one for one in known if one))

    def school(self) -> Any:
        return parse_place(f"198.51.100.{self.chance.randrange(200)}")

    def home(self) -> Any:
        return parse_place(
            f"100.{64 + self.chance.randrange(12)}.{self.chance.randrange(256)}"
            f".{self.chance.randrange(256)}"
        )

    def network(self) -> Any:
        return parse_place(self.chance.choice(["198.51.100.0/24", "100.64.7.0/24"]))

    def period(self) -> dict[str, Any]:
        begin = BEGIN + self.chance.random() * YEARS
        return {"begin": begin, "end": begin + timedelta(days=self.chance.choice([1, 7, 90]))}


def kinds(v: Values) -> list[Kind]:
    """List every criterion alone and those that are asked for together."""
    choice = v.chance.choice
    busy = [EventName.SESSION_STARTED, EventName.CLAIMS_READ, EventName.MEMBER_VIEWED]
    return [
        Kind("everything", dict),
        Kind("person", lambda: {"subject": v.subject()}),
        Kind("member number", lambda: {"member": "01234567", "subject": v.subject()}),
        Kind("actor (staff)", lambda: {"actor": choice(STAFF)}),
        Kind("actor (member)", lambda: {"actor": v.subject()}),
        Kind("client", lambda: {"client": choice(CLIENTS)}),
        Kind("address (home)", lambda: {"address": v.home()}),
        Kind("address (school)", lambda: {"address": v.school()}),
        Kind("network", lambda: {"address": v.network()}),
        Kind("name", lambda: {"name": choice(NAMES)}),
        Kind("outcome", lambda: {"outcome": choice(["done", "refused", "failed"])}),
        Kind("reference", lambda: {"reference": v.of_log("reference")}),
        Kind("session", lambda: {"session": v.of_log("session")}),
        Kind("case", lambda: {"case": v.of_log("case")}),
        Kind("period", v.period),
        Kind("person, name", lambda: {"subject": v.subject(), "name": choice(busy)}),
        Kind("client, name", lambda: {"client": choice(CLIENTS), "name": choice(NAMES)}),
        Kind("client, outcome", lambda: {"client": "card", "outcome": "refused"}),
        Kind("name, outcome", lambda: {"name": choice(busy), "outcome": "failed"}),
        Kind("address, name", lambda: {"address": v.school(), "name": choice(busy)}),
        Kind("network, client", lambda: {"address": v.network(), "client": choice(CLIENTS)}),
        Kind("actor, name", lambda: {"actor": choice(STAFF), "name": choice(busy)}),
        Kind("actor, person", lambda: {"actor": choice(STAFF), "subject": v.subject()}),
        Kind("name, period", lambda: {"name": choice(busy), **v.period()}),
        Kind("client, period", lambda: {"client": choice(CLIENTS), **v.period()}),
        Kind("address, period", lambda: {"address": v.school(), **v.period()}),
        Kind(
            "network, name, client, period",
            lambda: {
                "address": v.network(),
                "name": choice(busy),
                "client": choice(CLIENTS),
                **v.period(),
            },
        ),
    ]


def measure(search: AuditSearch, kind: Kind, chance: random.Random) -> None:
    """Make one search of a kind, and now and then turn the page."""
    criteria, after = Criteria(**kind.draw()), None
    for _ in range(3 if chance.random() < 0.3 else 1):
        began = time.perf_counter()
        page = search.page(criteria, PAGE, after)
        kind.took.append((time.perf_counter() - began) * 1000)
        kind.found += len(page.found)
        kind.cut += len(page.found) < PAGE and page.after is not None
        after = page.after
        if after is None:
            return


@click.command()
@click.option("--searches", default=300, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), default=default_folder)
@click.option("--seed", default=19, show_default=True)
def main(searches: int, folder: Path, seed: int) -> None:
    """Search, and print the percentiles per kind."""
    with running(folder) as f:
        chance = random.Random(seed)
        search, every = build_search(f), kinds(Values(f, chance))
        with f.database.read() as tx:
            events = journal.newest_position(tx)
        search.page(Criteria(), PAGE)  # the connection
        for number in range(searches):
            measure(search, every[number % len(every)], chance)
        newest = statistics.median(every[0].took)
        table = Table(title=f"{events} events, pages of {PAGE}; x: times the newest page", box=None)
        for column in ("search", "pages", "found", "cut", "p50 ms", "p95 ms", "max ms", "x p95"):
            table.add_column(column, justify="left" if column == "search" else "right")
        for kind in every:
            _add(table, kind, newest)
        both = Kind("all", dict, [one for kind in every for one in kind.took])
        both.found, both.cut = sum(k.found for k in every), sum(k.cut for k in every)
        _add(table, both, newest)
        Console(width=110).print(table)
        verdict = "met" if p95(both.took) < TARGET_MS else "MISSED"
        print(f"target: p95 {TARGET_MS:.0f} ms, {verdict}")


def p95(took: list[float]) -> float:
    """Give the 95th percentile, by rank."""
    return sorted(took)[max(0, -(-len(took) * 95 // 100) - 1)]


def _add(table: Table, kind: Kind, newest: float) -> None:
    figures = (statistics.median(kind.took), p95(kind.took), max(kind.took))
    table.add_row(
        kind.name,
        str(len(kind.took)),
        str(kind.found),
        str(kind.cut),
        *(f"{one:.1f}" for one in figures),
        f"{figures[1] / newest:.1f}",
    )


if __name__ == "__main__":
    main()
