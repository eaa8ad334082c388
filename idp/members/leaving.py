"""Leaving: what a clerk records of a withdrawal and a refund. Only facts; the dates decide access.

A withdrawal comes on paper (自署); nothing a member does on a page begins or ends a membership.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.inforce.service import PolicyInForce
from idp.journal.model import NOBODY, Behind
from idp.journal.service import Journal
from idp.members import store
from idp.members.japan.business_days import next_year_end_refund
from idp.members.model import Member
from idp.storage.sql import Database
from idp.subjects.service import told_of


class BadLeaving(IdpError):
    """These facts cannot be: a day out of order, or nobody who could leave."""

    code = "bad_leaving"
    status = 400


@dataclass(frozen=True)
class Leaving:
    """Records withdrawals and refunds."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal

    def year_end(self, accepted_on: date) -> date:
        """Tell when the capital of a year-end retirement is refunded (`calendar.toml`)."""
        return next_year_end_refund(accepted_on, self.policy.policy.calendar)

    def accept(
        self,
        number: str,
        accepted_on: date,
        refund_on: date | None,
        actor: Actor,
        behind: Behind = NOBODY,
    ) -> Member:
        """Record that a withdrawal was accepted, and when the capital is to be refunded.

        Without `refund_on` a plan that is there stays. Raises `UnknownMember`, `BadLeaving`.
        """
        if accepted_on > self.clock.today():
            raise BadLeaving(f"{accepted_on} has not come yet; record what has happened")
        if refund_on is not None and refund_on < accepted_on:
            raise BadLeaving(f"the refund ({refund_on}) lies before the acceptance ({accepted_on})")
        facts = {"withdrawal_accepted_on": accepted_on}
        if refund_on is not None:
            facts["refund_planned_on"] = refund_on
        return self._record(number, facts, actor, behind)

    def take_back(self, number: str, actor: Actor, behind: Behind = NOBODY) -> Member:
        """Record that a withdrawal was taken back: neither it nor a planned refund is left."""
        facts = {"withdrawal_accepted_on": None, "refund_planned_on": None}
        return self._record(number, facts, actor, behind)

    def put_back(
        self,
        number: str,
        accepted_on: date | None,
        refund_on: date | None,
        actor: Actor,
        behind: Behind = NOBODY,
    ) -> Member:
        """Record again what stood there before a withdrawal that is undone."""
        facts = {"withdrawal_accepted_on": accepted_on, "refund_planned_on": refund_on}
        return self._record(number, facts, actor, behind)

    def refunded(self, number: str, on: date, actor: Actor, behind: Behind = NOBODY) -> Member:
        """Record that the capital was paid out; access ends on that day at the latest."""
        if on > self.clock.today():
            raise BadLeaving(
                f"{on} has not come yet; plan it with `idp member leave … --refund-on {on}`"
            )
        return self._record(number, {"capital_refunded_on": on}, actor, behind)

    def _record(
        self, number: str, facts: Mapping[str, date | None], actor: Actor, behind: Behind
    ) -> Member:
        now = self.clock.now()
        with self.database.begin() as tx:
            store.hold(tx)
            member = store.get(tx, number)
            check_leaving(member, facts)
            changed: dict[str, Any] = {
                name: day for name, day in facts.items() if getattr(member, name) != day
            }
            if not changed:
                return member
            after = replace(member, **changed)
            store.save_many(tx, [after], to_micros(now))
            self.journal.record(
                tx,
                EventName.MEMBER_UPDATED,
                now,
                actor=actor,
                session=behind.session,
                origin=behind.origin,
                data={
                    "member": told_of(number),
                    "fields": sorted(changed),
                    "dates": {n: day.isoformat() if day else None for n, day in changed.items()},
                    **behind.data,
                },
            )
        return after


def check_leaving(member: Member, facts: Mapping[str, date | None]) -> None:
    """Raise `BadLeaving` when these days cannot be this member's."""
    paid_on = member.capital_paid_on
    days = [day for day in facts.values() if day is not None]
    if days and paid_on is None:
        raise BadLeaving(f"{member.member_number} has paid no capital: there is nothing to leave")
    if paid_on is not None and any(day < paid_on for day in days):
        raise BadLeaving(f"a day lies before the payment of the capital ({paid_on})")
