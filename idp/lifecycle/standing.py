"""Stop, restore, block and unblock an account; and tell the others when a membership has ended.

The date decides access, no job does. The sweep here only ends sessions of those whose access ended,
so that the relying parties get their logout tokens on the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor, new_id
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import Account, EndReason
from idp.blocks import store as blocks
from idp.blocks.model import Block, Kind, Scope
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.grants import store as grants
from idp.journal.model import NOBODY, NOWHERE, Behind, Origin
from idp.journal.service import SYSTEM, Journal
from idp.lifecycle.credentials import end_what_is_under_way, hold_account
from idp.lifecycle.endings import Endings
from idp.members.standing import dates_have_membership
from idp.members.store import read_dates
from idp.sessions import store as sessions
from idp.storage.sql import Database, Tx
from idp.throttle.blocking import lift_block, record_start
from idp.throttle.references import draw_reference


class UnknownAccount(IdpError):
    """There is no account of this member or subject."""

    code = "unknown_account"
    status = 404


@dataclass(frozen=True)
class AccountStanding:
    """Acts that take an account out of service or back."""

    database: Database
    clock: Clock
    journal: Journal
    endings: Endings

    def stop(self, subject: str, actor: Actor, reason: str, origin: Origin = NOWHERE) -> None:
        """Stop the service for an account: everything ends at once."""
        self._take_out(subject, EndReason.SERVICE_STOPPED, actor, reason, origin)

    def block(self, subject: str, actor: Actor, reason: str, origin: Origin = NOWHERE) -> None:
        """Put an account under an administrative block: everything ends at once."""
        self._take_out(subject, EndReason.BLOCKED, actor, reason, origin)

    def restore(self, subject: str, actor: Actor, reason: str, behind: Behind = NOBODY) -> None:
        """Take a stopped or blocked account back into service."""
        now = self.clock.now()
        with self.database.begin() as tx:
            account = _get(accounts.find(tx, subject), subject)
            accounts.set_stopped(tx, subject, None)
            accounts.set_disabled(tx, subject, None)
            self._end_records(tx, subject, actor, reason, now, behind)
            for name in _taken_back(account):
                self._record(tx, name, subject, actor, reason, now, behind)

    def unblock(self, subject: str, actor: Actor, reason: str, behind: Behind = NOBODY) -> bool:
        """Lift an administrative block and nothing else; False when there is none."""
        now = self.clock.now()
        with self.database.begin() as tx:
            hold_account(tx, subject)
            account = accounts.find(tx, subject)
            if account is None or account.disabled_at is None:
                return False
            accounts.set_disabled(tx, subject, None)
            self._end_records(tx, subject, actor, reason, now, behind)
            name = EventName.ACCOUNT_UNBLOCKED
            self._record(tx, name, subject, actor, reason, now, behind)
        return True

    def end_former_members(self) -> int:
        """End what subjects without a membership on this date still have; answers how many."""
        today = self.clock.today()
        with self.database.read() as tx:
            rows = accounts.list_possibly_ended(tx, today.isoformat())
        return sum(
            self._end_former(row[0])
            for row in rows
            if not dates_have_membership(read_dates(row[1:5]), today)
        )

    def _end_former(self, subject: str) -> int:
        with self.database.read() as tx:
            if not sessions.live_of(tx, subject) and not grants.has_live_grants(tx, subject):
                return 0
        now = self.clock.now()
        with self.database.begin() as tx:
            ended = self.endings.end_all(tx, subject, EndReason.MEMBERSHIP_ENDED, SYSTEM, now)
        return int(ended > 0)

    def take_out(
        self, tx: Tx, subject: str, why: EndReason, actor: Actor, reason: str, origin: Origin
    ) -> Account:
        """Stop or block an account within an act; answers it as it was. Raises `UnknownAccount`."""
        now = self.clock.now()
        account = _get(accounts.find(tx, subject), subject)
        if why is EndReason.BLOCKED:
            if account.disabled_at is None:
                self._add_record(tx, subject, actor, reason, now)
            accounts.set_disabled(tx, subject, to_micros(now))
            name = EventName.ACCOUNT_BLOCKED
        else:
            accounts.set_stopped(tx, subject, to_micros(now))
            name = EventName.ACCOUNT_STOPPED
        self.journal.record(
            tx, name, now, actor=actor, subject=subject, origin=origin, data={"reason": reason}
        )
        end_what_is_under_way(tx, subject, now)
        self.endings.end_all(tx, subject, why, actor, now, origin)
        return account

    def _add_record(self, tx: Tx, subject: str, actor: Actor, reason: str, now: datetime) -> None:
        block = Block(
            id=new_id(now),
            kind=Kind.ACCOUNT,
            scope=Scope.EVERYONE,
            subject=subject,
            bucket=f"person:{subject}",
            rule=None,
            made_by=str(actor.id or actor.kind)[:64],
            policy_digest="",
            evidence=None,
            reason=reason[:500],
            reference=draw_reference(tx),
            started_at=now,
            until=None,
        )
        blocks.add(tx, block)
        record_start(self.journal, tx, block, now, actor=actor)

    def _end_records(
        self, tx: Tx, subject: str, actor: Actor, reason: str, now: datetime, behind: Behind
    ) -> None:
        for one in blocks.running_on(tx, f"person:{subject}", to_micros(now)):
            lift_block(self.journal, tx, one, actor, reason, now, behind)

    def _record(
        self,
        tx: Tx,
        name: EventName,
        subject: str,
        actor: Actor,
        reason: str,
        now: datetime,
        behind: Behind,
    ) -> None:
        self.journal.record(
            tx,
            name,
            now,
            actor=actor,
            subject=subject,
            session=behind.session,
            origin=behind.origin,
            data={**behind.data, "reason": reason},
        )

    def _take_out(
        self, subject: str, why: EndReason, actor: Actor, reason: str, origin: Origin
    ) -> None:
        with self.database.begin() as tx:
            hold_account(tx, subject)
            self.take_out(tx, subject, why, actor, reason, origin)


def _get(account: Account | None, subject: str) -> Account:
    if account is None:
        raise UnknownAccount(subject)
    return account


def _taken_back(account: Account) -> list[EventName]:
    """Name what ends when an account comes back: its block, its stop, or both."""
    blocked = [EventName.ACCOUNT_UNBLOCKED] if account.disabled_at is not None else []
    stopped = account.stopped_at is not None or not blocked
    return [*blocked, *([EventName.ACCOUNT_RESTORED] if stopped else [])]
