"""The staff as it is kept: add, give and take roles, end; each with a reason and event.

Named persons only. Whoever loses a role, or the account, is signed out in the same act. The last
administrator stays one: nobody else could give the role again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from audit.event import Actor, Personal, new_id
from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.journal.service import SYSTEM, Journal
from idp.members.japan.mail import parse_mail_address
from idp.staff import role_store, store
from idp.staff.authority import hold_authority
from idp.staff.enrolment import StaffEnrolments
from idp.staff.model import (
    End,
    HeldRole,
    Rule,
    StaffAccount,
    StaffRefused,
    UnknownStaff,
    in_service,
)
from idp.staff.roles import Roles, Why
from idp.staff.sessions import StaffSessions
from idp.storage.sql import Database, Tx

MOST_REASON, MOST_NAME = 500, 100
ADMINISTRATOR: Final = "administrator"
BATCH = 100


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

    @property
    def roles(self) -> Roles:
        """Give what gives and takes roles."""
        return Roles(self.policy, self.journal)

    def add(
        self,
        address: str,
        name: str,
        roles: Collection[str],
        actor: Actor,
        reason: str,
        *,
        approval: str | None = None,
    ) -> Invited:
        """Make an account; raises `BadMailAddress`, `StaffRefused`."""
        typed, now = parse_mail_address(address), self.clock.now()
        why = Why(actor, words(reason, MOST_REASON), approval)
        person, at = words(name, MOST_NAME), to_micros(now)
        staff_id = new_id(now)
        with self.database.begin() as tx:
            hold_authority(tx)
            tx.lock(f"staff-address:{typed.normal_form}")
            if store.find_by_address(tx, typed.normal_form) is not None:
                says = "another staff account signs in with this address"
                raise StaffRefused(says, Rule.ADDRESS_TAKEN)
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
                "name": Personal(person, staff_id),
                "address": Personal(typed.typed, staff_id),
            }
            self._record(tx, EventName.STAFF_ADDED, staff_id, why, now, data)
            for role in dict.fromkeys(roles):
                self.roles.grant(tx, staff_id, role, why, now)
            link = self.enrolments.issue(tx, staff_id, actor, why.reason, now, approval)
            return Invited(in_service(store.find(tx, staff_id), address), link)

    def change_roles(
        self,
        who: str,
        grant: Sequence[str],
        revoke: Sequence[str],
        actor: Actor,
        reason: str,
        *,
        approval: str | None = None,
        until: datetime | None = None,
    ) -> Listed:
        """Take roles away, then give others, `until` an instant or for good.

        Raises `UnknownStaff`, `StaffRefused`.
        """
        why, now = Why(actor, words(reason, MOST_REASON), approval), self.clock.now()
        with self.database.begin() as tx:
            account = self.hold(tx, who)
            administrators = role_store.count_lasting(tx, ADMINISTRATOR)
            for role in revoke:
                self.roles.revoke(tx, account.id, role, why, now)
            for role in grant:
                self.roles.grant(tx, account.id, role, why, now, until)
            self._keep_one(tx, administrators)
            self.sessions.end_all(tx, account.id, End.ROLE_CHANGED, actor, now)
            return Listed(account, tuple(role_store.roles_of(tx, account.id)))

    def enrol_again(
        self, who: str, actor: Actor, reason: str, *, approval: str | None = None
    ) -> Invited:
        """Make another one-time link: the first was lost, or the phone was.

        What is in force stays so until the link is used.
        """
        why, now = words(reason, MOST_REASON), self.clock.now()
        with self.database.begin() as tx:
            account = self.hold(tx, who)
            link = self.enrolments.issue(tx, account.id, actor, why, now, approval)
            return Invited(account, link)

    def end(
        self, who: str, actor: Actor, reason: str, *, approval: str | None = None
    ) -> StaffAccount:
        """End an account: its roles, sessions, links, password and app end at once."""
        why, now = Why(actor, words(reason, MOST_REASON), approval), self.clock.now()
        with self.database.begin() as tx:
            account = self.hold(tx, who)
            administrators = role_store.count_lasting(tx, ADMINISTRATOR)
            for held in role_store.roles_of(tx, account.id):
                if held.ended_at is None:
                    self.roles.revoke(tx, account.id, held.role, why, now)
            self._keep_one(tx, administrators)
            store.end_enrolments(tx, account.id, to_micros(now))
            self.sessions.end_all(tx, account.id, End.ACCOUNT_ENDED, actor, now)
            store.end(tx, account.id, to_micros(now), str(actor.id), why.reason)
            self._record(tx, EventName.STAFF_ENDED, account.id, why, now)
            return account

    def end_roles_over(self) -> int:
        """Note the end of roles that were given for a time; answers how many."""
        now = self.clock.now()
        with self.database.read() as tx:
            over = role_store.roles_over(tx, to_micros(now), BATCH)
        why = Why(SYSTEM, "the time the role was given for is over")
        for staff_id, role in over:
            with self.database.begin() as tx:
                hold_authority(tx)
                if (staff_id, role) in role_store.roles_over(tx, to_micros(now), BATCH):
                    self.roles.revoke(tx, staff_id, role, why, now)
        return len(over)

    def list_all(self) -> list[Listed]:
        """List all accounts with their roles, those that have ended too."""
        with self.database.read() as tx:
            found = store.list_all(tx)
            return [Listed(one, tuple(role_store.roles_of(tx, one.id))) for one in found]

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

    def look(self, who: str, actor: Actor, session: str, origin: Origin) -> Listed:
        """Give one account, ended or not, for somebody who looks at a page; it is an event."""
        with self.database.begin() as tx:
            account = store.find(tx, who)
            if account is None:
                raise UnknownStaff(f"{who[:80]}: no staff account of this id")
            self.journal.record(
                tx,
                EventName.STAFF_LISTED,
                self.clock.now(),
                actor=actor,
                subject=account.id,
                session=session,
                origin=origin,
                data={"count": 1},
            )
            return Listed(account, tuple(role_store.roles_of(tx, account.id)))

    def names(self) -> dict[str, str]:
        """Name everybody there is or was, by id."""
        with self.database.read() as tx:
            return {one.id: one.name for one in store.list_all(tx)}

    def find(self, tx: Tx, who: str) -> StaffAccount:
        """Find an account in service by id or address; raises `UnknownStaff`."""
        found = store.find(tx, who) if "@" not in who else None
        if found is None and "@" in who:
            found = store.find_by_address(tx, parse_mail_address(who).normal_form)
        return in_service(found, who)

    def hold(self, tx: Tx, who: str) -> StaffAccount:
        """Find an account in service, and hold others off it and off all roles."""
        hold_authority(tx)
        account = self.find(tx, who)
        tx.lock(f"staff:{account.id}")
        return in_service(store.find(tx, account.id), who)

    def _keep_one(self, tx: Tx, before: int) -> None:
        if before and not role_store.count_lasting(tx, ADMINISTRATOR):
            raise StaffRefused(
                "this is the last administrator who can sign in; make somebody else one first",
                Rule.LAST_ADMINISTRATOR,
            )

    def _record(
        self,
        tx: Tx,
        name: EventName,
        staff_id: str,
        why: Why,
        now: datetime,
        data: dict[str, Personal] | None = None,
    ) -> None:
        told = why.as_data() | (data or {})
        self.journal.record(tx, name, now, actor=why.actor, subject=staff_id, data=told)


def words(text: str, most: int) -> str:
    """Check a reason or a name: one line of words; raises `StaffRefused`."""
    said = text.replace("\u3000", " ").strip()
    if not said or len(said) > most or not said.isprintable():
        says = f"a reason and a name in words are needed, of 1 to {most} characters"
        raise StaffRefused(says, Rule.NO_WORDS)
    return said
