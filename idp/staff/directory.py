"""The staff as the operator keeps it: add, give and take roles, end; each with a reason and event.

Named persons only. Whoever loses a role, or the account, is signed out in the same act.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from audit.event import Actor, Personal, new_id
from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.journal.service import Journal
from idp.members.japan.mail import parse_mail_address
from idp.staff import store
from idp.staff.enrolment import StaffEnrolments
from idp.staff.model import End, HeldRole, StaffAccount, StaffRefused, UnknownStaff
from idp.staff.sessions import StaffSessions
from idp.storage.sql import Database, Tx

MOST_REASON, MOST_NAME = 500, 100


@dataclass(frozen=True, slots=True)
class Invited:
    """An account, and the one-time link its person sets it up with."""

    account: StaffAccount
    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """An account with the roles it has and had."""

    account: StaffAccount
    roles: tuple[HeldRole, ...]

    @property
    def held(self) -> tuple[str, ...]:
        """Name the roles it has now."""
        return tuple(one.role for one in self.roles if one.ended_at is None)


@dataclass(frozen=True)
class StaffDirectory:
    """Keeps staff accounts."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    enrolments: StaffEnrolments
    sessions: StaffSessions

    def add(
        self, address: str, name: str, roles: Collection[str], actor: Actor, reason: str
    ) -> Invited:
        """Make an account; raises `BadMailAddress`, `StaffRefused`."""
        typed, why, now = parse_mail_address(address), _words(reason, MOST_REASON), self.clock.now()
        person, at = _words(name, MOST_NAME), to_micros(now)
        staff_id = new_id(now)
        with self.database.begin() as tx:
            tx.lock(f"staff-address:{typed.normal_form}")
            if store.find_by_address(tx, typed.normal_form) is not None:
                raise StaffRefused("another staff account signs in with this address")
            store.add(
                tx,
                id=staff_id,
                name=person,
                address=typed.typed,
                address_normal=typed.normal_form,
                credentials_changed_at=at,
                created_at=at,
                created_by=str(actor.id),
            )
            data = {
                "reason": why,
                "name": Personal(person, staff_id),
                "address": Personal(typed.typed, staff_id),
            }
            self.journal.record(
                tx, EventName.STAFF_ADDED, now, actor=actor, subject=staff_id, data=data
            )
            for role in dict.fromkeys(roles):
                self._grant(tx, staff_id, role, actor, why, now)
            link = self.enrolments.issue(tx, staff_id, actor, why, now)
            return Invited(_in_service(store.find(tx, staff_id), address), link)

    def change_roles(
        self,
        who: str,
        grant: Sequence[str],
        revoke: Sequence[str],
        actor: Actor,
        reason: str,
    ) -> Listed:
        """Take roles away, then give others; raises `UnknownStaff`, `StaffRefused`."""
        why, now = _words(reason, MOST_REASON), self.clock.now()
        with self.database.begin() as tx:
            account = self._hold(tx, who)
            for role in revoke:
                self._revoke(tx, account.id, role, actor, why, now)
            for role in grant:
                self._grant(tx, account.id, role, actor, why, now)
            self.sessions.end_all(tx, account.id, End.ROLE_CHANGED, actor, now)
            return Listed(account, tuple(store.roles_of(tx, account.id)))

    def enrol_again(self, who: str, actor: Actor, reason: str) -> Invited:
        """Make another one-time link: the first was lost, or the phone was.

        What is in force stays so until the link is used.
        """
        why, now = _words(reason, MOST_REASON), self.clock.now()
        with self.database.begin() as tx:
            account = self._hold(tx, who)
            return Invited(account, self.enrolments.issue(tx, account.id, actor, why, now))

    def end(self, who: str, actor: Actor, reason: str) -> StaffAccount:
        """End an account: its roles, sessions, links, password and app end at once."""
        why, now = _words(reason, MOST_REASON), self.clock.now()
        with self.database.begin() as tx:
            account = self._hold(tx, who)
            for held in store.roles_of(tx, account.id):
                if held.ended_at is None:
                    self._revoke(tx, account.id, held.role, actor, why, now)
            store.end_enrolments(tx, account.id, to_micros(now))
            self.sessions.end_all(tx, account.id, End.ACCOUNT_ENDED, actor, now)
            store.end(tx, account.id, to_micros(now), str(actor.id), why)
            self.journal.record(
                tx,
                EventName.STAFF_ENDED,
                now,
                actor=actor,
                subject=account.id,
                data={"reason": why},
            )
            return account

    def list_all(self) -> list[Listed]:
        """List all accounts with their roles, those that have ended too."""
        with self.database.read() as tx:
            found = store.list_all(tx)
            return [Listed(one, tuple(store.roles_of(tx, one.id))) for one in found]

    def list_for(self, actor: Actor, session: str, origin: Origin) -> list[Listed]:
        """Do as `list_all` for somebody who looks at a page; it is an event."""
        listed, now = self.list_all(), self.clock.now()
        with self.database.begin() as tx:
            self.journal.record(
                tx,
                EventName.STAFF_LISTED,
                now,
                actor=actor,
                session=session,
                origin=origin,
                data={"count": len(listed)},
            )
        return listed

    def _grant(
        self, tx: Tx, staff_id: str, role: str, actor: Actor, why: str, now: datetime
    ) -> None:
        rules = self.policy.policy.roles
        if role not in rules.roles:
            raise StaffRefused(f"{role} is no role; there are {', '.join(rules.roles)}")
        held = [one.role for one in store.roles_of(tx, staff_id) if one.ended_at is None]
        if role in held:
            raise StaffRefused(f"the role {role} is held already")
        forbidden = rules.forbidden_together([*held, role])
        if forbidden is not None:
            together = " and ".join(forbidden.roles)
            raise StaffRefused(f"nobody holds {together} together: {forbidden.about}")
        store.grant(
            tx,
            id=new_id(now),
            staff_id=staff_id,
            role=role,
            granted_at=to_micros(now),
            granted_by=str(actor.id)[:64],
            reason=why,
        )
        data = {"role": role, "reason": why}
        self.journal.record(
            tx, EventName.STAFF_ROLE_GRANTED, now, actor=actor, subject=staff_id, data=data
        )

    def _revoke(
        self, tx: Tx, staff_id: str, role: str, actor: Actor, why: str, now: datetime
    ) -> None:
        if not store.revoke(tx, staff_id, role, to_micros(now), str(actor.id), why):
            raise StaffRefused(f"the role {role[:40]} is not held")
        data = {"role": role, "reason": why}
        self.journal.record(
            tx, EventName.STAFF_ROLE_REVOKED, now, actor=actor, subject=staff_id, data=data
        )

    def _hold(self, tx: Tx, who: str) -> StaffAccount:
        """Find an account in service by id or address, and hold others off it."""
        found = store.find(tx, who) if "@" not in who else None
        if found is None and "@" in who:
            found = store.find_by_address(tx, parse_mail_address(who).normal_form)
        account = _in_service(found, who)
        tx.lock(f"staff:{account.id}")
        return _in_service(store.find(tx, account.id), who)


def _in_service(account: StaffAccount | None, who: str) -> StaffAccount:
    if account is None or account.ended_at is not None:
        raise UnknownStaff(f"{who}: no staff account of this address or id is in service")
    return account


def _words(text: str, most: int) -> str:
    """Check a reason or a name: one line of words."""
    words = text.replace("\u3000", " ").strip()
    if not words or len(words) > most or not words.isprintable():
        raise StaffRefused(f"a reason and a name in words are needed, of 1 to {most} characters")
    return words
