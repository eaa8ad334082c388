"""What happened in a case, read from the sealed log: for its operator, a supervisor, an auditor.

Looking is an event. Of who is no operator of the case the member learns as of any look at a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from audit.names import EventName
from idp.clock import Clock
from idp.helpdesk import store
from idp.helpdesk.events import CaseEvents
from idp.helpdesk.model import Case, Operator, UnknownCase
from idp.journal.reading import EventReader
from idp.journal.service import Journal
from idp.storage.sql import Database, Tx

Event = dict[str, Any]


@dataclass(frozen=True)
class Transcripts:
    """Lists cases and reads what happened in them."""

    database: Database
    clock: Clock
    journal: Journal
    events: CaseEvents

    def of_operator(self, who: Operator) -> list[Case]:
        """List an operator's own cases, the newest first."""
        with self.database.begin() as tx:
            self._listed(tx, who, "own")
            return store.of_operator(tx, who.staff_id)

    def newest(self, who: Operator) -> list[Case]:
        """List everybody's cases, for who looks after the operators."""
        with self.database.begin() as tx:
            self._listed(tx, who, "all")
            return store.newest(tx)

    def view(self, who: Operator, case_id: str, *, every: bool) -> tuple[Case, list[Event]]:
        """Give a case and its steps, and record the look; raises `UnknownCase`.

        `every`: whether this person may read the cases of others.
        """
        now = self.clock.now()
        with self.database.begin() as tx:
            case = store.find(tx, case_id)
            own = case is not None and case.operator == who.staff_id
            if case is None or not (own or every):
                raise UnknownCase(case_id[:40])
            lines = store.lines_of(tx, case_id)
            read = EventReader(self.journal.persons).open_all(tx, lines)
            name = EventName.CASE_VIEWED if own else EventName.MEMBER_VIEWED
            self.events.step(tx, name, case, now, who, what="case")
        return case, [one for one in read if one["name"] != EventName.CASE_VIEWED]

    def _listed(self, tx: Tx, who: Operator, what: str) -> None:
        self.journal.record(
            tx,
            EventName.CASE_VIEWED,
            self.clock.now(),
            actor=who.actor,
            session=who.session,
            origin=who.origin,
            data={"list": what},
        )
