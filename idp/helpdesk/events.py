"""Events of cases: each names its case, and is noted as a step of it for the transcript."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.event import Actor, Personal
from audit.names import EventName
from idp.helpdesk import store
from idp.helpdesk.model import Case, Operator, Why
from idp.journal.model import NOWHERE, Origin
from idp.journal.service import DONE, REFUSED, SYSTEM, Journal
from idp.storage.sql import Tx
from idp.subjects.service import by_number, stranger, told_of


@dataclass(frozen=True)
class CaseEvents:
    """Records what happens in cases, in the transaction of the step."""

    journal: Journal

    def step(
        self,
        tx: Tx,
        name: EventName,
        case: Case,
        now: datetime,
        by: Operator | None = None,
        *,
        outcome: str = DONE,
        actor: Actor = SYSTEM,
        origin: Origin = NOWHERE,
        session: str | None = None,
        more: Mapping[str, Any] | None = None,
        **data: Any,
    ) -> None:
        """Record one step of a case; `by` is the operator, else `actor`."""
        event = self.journal.record(
            tx,
            name,
            now,
            outcome=outcome,
            actor=by.actor if by else actor,
            subject=case.subject,
            session=by.session if by else session,
            origin=by.origin if by else origin,
            person=by_number(case.member_number),
            case=case.id,
            data={**data, **(more or {})},
        )
        store.add_step(tx, case.id, event, now)

    def opened(self, tx: Tx, case: Case, by: Operator, now: datetime) -> None:
        """Record that a case was opened: about whom, and why somebody phones."""
        self.step(
            tx,
            EventName.CASE_OPENED,
            case,
            now,
            by,
            member=told_of(case.member_number),
            need=case.need.value,
            reason=case.reason,
        )

    def refused(self, tx: Tx, case: Case, why: Why, by: Operator, now: datetime) -> None:
        """Record that something was refused within a case."""
        self.step(tx, EventName.CASE_REFUSED, case, now, by, outcome=REFUSED, why=why.value)

    def not_opened(
        self,
        tx: Tx,
        number: str,
        subject: str | None,
        why: Why,
        by: Operator,
        now: datetime,
    ) -> None:
        """Record that no case was opened about a member."""
        self.journal.record(
            tx,
            EventName.CASE_REFUSED,
            now,
            outcome=REFUSED,
            actor=by.actor,
            subject=subject,
            session=by.session,
            origin=by.origin,
            data={"why": why.value, "member": told_of(number)},
        )

    def searched(
        self,
        tx: Tx,
        by: Operator,
        typed: str,
        kinds: tuple[str, ...],
        found: tuple[str, ...],
        now: datetime,
        *,
        why: Why | None = None,
    ) -> None:
        """Record a search: by what, and who was shown; what was typed is somebody's, sealed."""
        self.journal.record(
            tx,
            EventName.CASE_SEARCHED if why is None else EventName.CASE_REFUSED,
            now,
            outcome=DONE if why is None else REFUSED,
            actor=by.actor,
            session=by.session,
            origin=by.origin,
            data={
                "typed": Personal(typed, stranger(now)),
                "kinds": list(kinds),
                "members": [told_of(number) for number in found],
                **({"why": why.value} if why else {}),
            },
        )
