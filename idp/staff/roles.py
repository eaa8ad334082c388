"""Giving and taking one role: what the policy forbids, and the event of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit import instant
from audit.event import Actor, new_id
from audit.names import EventName
from idp.clock import to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.service import Journal
from idp.policy.staff import Roles as Rules
from idp.staff import role_store
from idp.staff.model import Rule, StaffRefused
from idp.storage.sql import Tx


@dataclass(frozen=True, slots=True)
class Why:
    """Who does it, for which reason, upon which approval."""

    actor: Actor
    reason: str
    approval: str | None = None

    def as_data(self) -> dict[str, Any]:
        """Give what the event says of it."""
        upon = {"approval": self.approval} if self.approval else {}
        return {"reason": self.reason} | upon


@dataclass(frozen=True)
class Roles:
    """Gives and takes roles, within the transaction of an act that holds all roles."""

    policy: PolicyInForce
    journal: Journal

    def grant(
        self,
        tx: Tx,
        staff_id: str,
        role: str,
        why: Why,
        now: datetime,
        until: datetime | None = None,
    ) -> None:
        """Give a role, for good or until an instant; raises `StaffRefused`."""
        held = [one.role for one in role_store.roles_of(tx, staff_id) if one.ended_at is None]
        check_role(held, role, self.policy.policy.roles)
        role_store.grant(
            tx,
            id=new_id(now),
            staff_id=staff_id,
            role=role,
            granted_at=to_micros(now),
            granted_by=str(why.actor.id)[:64],
            reason=why.reason,
            until=to_micros(until) if until else None,
        )
        data = {"role": role} | ({"until": instant.to_text(until)} if until else {})
        self._record(tx, EventName.STAFF_ROLE_GRANTED, staff_id, data, why, now)

    def revoke(self, tx: Tx, staff_id: str, role: str, why: Why, now: datetime) -> None:
        """Take a role away; raises `StaffRefused`."""
        if not role_store.revoke(tx, staff_id, role, to_micros(now), str(why.actor.id), why.reason):
            raise StaffRefused(f"the role {role[:40]} is not held", Rule.NOT_HELD)
        self._record(tx, EventName.STAFF_ROLE_REVOKED, staff_id, {"role": role}, why, now)

    def _record(
        self,
        tx: Tx,
        name: EventName,
        staff_id: str,
        data: dict[str, Any],
        why: Why,
        now: datetime,
    ) -> None:
        told = data | why.as_data()
        self.journal.record(tx, name, now, actor=why.actor, subject=staff_id, data=told)


def check_role(held: Collection[str], role: str, rules: Rules) -> None:
    """Raise `StaffRefused` unless a role can be given to who holds these."""
    if role not in rules.roles:
        there = ", ".join(rules.roles)
        raise StaffRefused(f"{role[:40]} is no role; there are {there}", Rule.UNKNOWN_ROLE)
    if role in held:
        raise StaffRefused(f"the role {role} is held already", Rule.HELD_ALREADY)
    forbidden = rules.forbidden_together([*held, role])
    if forbidden is not None:
        together = " and ".join(forbidden.roles)
        says = f"nobody holds {together} together: {forbidden.about}"
        raise StaffRefused(says, Rule.NOT_TOGETHER)
