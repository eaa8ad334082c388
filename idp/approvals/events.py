"""The events of requests and decisions. What a request says stays sealed with the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.approvals.model import Approval, Requester, State
from idp.journal.model import NOWHERE
from idp.journal.service import REFUSED, SYSTEM, Journal
from idp.storage.sql import Tx

ENDED = {
    State.APPROVED: EventName.APPROVAL_GIVEN,
    State.DECLINED: EventName.APPROVAL_DECLINED,
    State.WITHDRAWN: EventName.APPROVAL_WITHDRAWN,
}


@dataclass(frozen=True)
class ApprovalEvents:
    """Records what became of requests."""

    journal: Journal

    def by(
        self,
        tx: Tx,
        name: EventName,
        one: Approval,
        who: Requester,
        now: datetime,
        data: Mapping[str, Any],
    ) -> None:
        """Record an act of somebody on a request."""
        self._record(tx, name, one, now, data, who=who)

    def ended(
        self, tx: Tx, one: Approval, state: State, who: Requester, why: str, now: datetime
    ) -> None:
        """Record that somebody approved, declined or withdrew, with their reason."""
        self._record(tx, ENDED[state], one, now, {"reason": why, "digest": one.digest}, who=who)

    def refused(self, tx: Tx, one: Approval, who: Requester, why: str, now: datetime) -> None:
        """Record that somebody tried to decide who may not, or too late."""
        data = {"why": why}
        self._record(tx, EventName.APPROVAL_REFUSED, one, now, data, who=who, outcome=REFUSED)

    def over(self, tx: Tx, one: Approval, state: State, now: datetime) -> None:
        """Record that a request is over without a decision."""
        self._record(tx, EventName.APPROVAL_OVER, one, now, {"why": state.value})

    def _record(
        self,
        tx: Tx,
        name: EventName,
        one: Approval,
        now: datetime,
        data: Mapping[str, Any],
        *,
        who: Requester | None = None,
        outcome: str = "done",
    ) -> None:
        actor: Actor = who.actor if who else SYSTEM
        told = {"approval": one.id, "kind": one.kind.value, "requester": one.requester}
        self.journal.record(
            tx,
            name,
            now,
            outcome=outcome,
            actor=actor,
            subject=subject_of(one),
            session=who.session if who else None,
            origin=who.origin if who else NOWHERE,
            data=told | dict(data),
            person=one.person,
        )


def subject_of(one: Approval) -> str | None:
    """Give the subject; what is told of a member by number is nobody's event."""
    return None if one.subject is None or ":" in one.subject else one.subject
