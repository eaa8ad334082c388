"""Events of the API's own: each change, each refusal, each record of a member that was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit.event import Personal
from audit.names import EventName
from idp.accounts import store as accounts
from idp.admin_api.model import Answer, Call, Caller
from idp.admin_api.routes import Route
from idp.clock import Clock
from idp.journal.service import REFUSED, Journal
from idp.policy.staff import Permission
from idp.storage.sql import Database, Tx
from idp.subjects.service import told_of


@dataclass(frozen=True)
class Recording:
    """Records what clients did and were refused."""

    database: Database
    clock: Clock
    journal: Journal

    def acted(self, tx: Tx, route: Route, call: Call, answer: Answer) -> None:
        """Record a change within its transaction, beside the events of the services."""
        places = {name: _told(name, text) for name, text in call.place.items()}
        data = {"route": route.name, "scope": _scope(route), "status": answer.status}
        self.journal.record(
            tx,
            EventName.ADMIN_ACTED,
            call.now,
            actor=call.actor,
            client=call.caller.client_id,
            origin=call.caller.origin,
            data={**data, "reason": call.reason, **places, **answer.about},
        )

    def refused(self, route: Route, caller: Caller, why: str, status: int) -> None:
        """Record a call that was refused, in a transaction of its own."""
        with self.database.begin() as tx:
            self.journal.record(
                tx,
                EventName.ADMIN_REFUSED,
                self.clock.now(),
                outcome=REFUSED,
                actor=caller.actor,
                client=caller.client_id,
                origin=caller.origin,
                data={"route": route.name, "scope": _scope(route), "why": why, "status": status},
            )

    def shown(self, tx: Tx, call: Call, numbers: Sequence[str]) -> None:
        """Record that members' records were shown, one event each, before they are."""
        for number in numbers:
            account = accounts.find_by_number(tx, number)
            member = told_of(number)
            self.journal.record(
                tx,
                EventName.MEMBER_VIEWED,
                call.now,
                actor=call.actor,
                subject=account.subject if account else None,
                client=call.caller.client_id,
                origin=call.caller.origin,
                data={"member": member, "reason": call.reason},
            )

    def listed(self, tx: Tx, call: Call, what: str) -> None:
        """Record that members were listed by number."""
        self.journal.record(
            tx,
            EventName.REGISTER_LISTED,
            call.now,
            actor=call.actor,
            client=call.caller.client_id,
            origin=call.caller.origin,
            data={"what": what, "reason": call.reason},
        )


def _told(name: str, text: str) -> str | Personal:
    return told_of(text) if name == "number" else text


def _scope(route: Route) -> str | None:
    return route.need.value if isinstance(route.need, Permission) else None
