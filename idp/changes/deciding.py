"""A clerk's side of change requests: the queue, approving, refusing.

Approving writes the dated entry into the register in the same transaction; claims follow by
themselves on the day it names (00:00 in Japan). Of two clerks who decide at once, one wins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from audit.event import Actor, Personal
from audit.names import EventName
from idp.changes import store
from idp.changes.difference import Seen
from idp.changes.model import (
    BadEffectiveDay,
    ChangeDecided,
    ChangeRequest,
    DifferenceChanged,
    Kind,
    State,
    UnknownChange,
)
from idp.changes.wanted import address_of, current_fields, name_of
from idp.clock import Clock, date_in_tokyo, to_micros
from idp.journal.model import NOBODY, Behind
from idp.journal.service import Journal
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.members import store as members
from idp.members.model import Member, from_day, name_on
from idp.storage.sql import Database, Tx

LATEST_AHEAD = timedelta(days=366)
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a clerk decides, and what stands behind it."""

    state: State
    actor: Actor
    reason: str
    behind: Behind
    effective_on: date | None = None
    digest: str | None = None


@dataclass(frozen=True)
class Deciding:
    """Shows the queue and decides requests."""

    database: Database
    clock: Clock
    journal: Journal
    mails: Mails
    mailbox_of: Callable[[Tx, str], str | None]
    """Gives the stored address of a subject's account."""

    def queue(self, actor: Actor, *, decided_too: bool = False) -> list[ChangeRequest]:
        """List open requests, the earliest due (so every overdue one) first; or all of them.

        Recorded, for it lists members.
        """
        now = self.clock.now()
        with self.database.begin() as tx:
            self.journal.record(
                tx, EventName.REGISTER_LISTED, now, actor=actor, data={"what": "change requests"}
            )
            return store.list_latest(tx, MOST) if decided_too else store.list_open(tx, MOST)

    def look(self, change_id: str, actor: Actor, behind: Behind = NOBODY) -> Seen:
        """Show a request beside the register, and record who looked; raises `UnknownChange`."""
        now = self.clock.now()
        with self.database.begin() as tx:
            change = _get(tx, change_id)
            member = members.get(tx, change.member_number)
            self.journal.record(
                tx,
                EventName.MEMBER_VIEWED,
                now,
                actor=actor,
                subject=change.subject,
                session=behind.session,
                origin=behind.origin,
                data={
                    "member": Personal(change.member_number, change.subject),
                    "change": change_id,
                },
            )
        return Seen(change, current_fields(change.kind, member, date_in_tokyo(now)))

    def approve(
        self,
        change_id: str,
        effective_on: date,
        actor: Actor,
        reason: str,
        digest: str,
        behind: Behind = NOBODY,
    ) -> None:
        """Put a change into the register from a day on; `digest` is of what was looked at.

        Raises `UnknownChange`, `ChangeDecided`, `DifferenceChanged`, or `BadEffectiveDay`: a day
        that has passed would say that the co-op knew earlier than it did.
        """
        now = self.clock.now()
        today = date_in_tokyo(now)
        if not today <= effective_on <= today + LATEST_AHEAD:
            raise BadEffectiveDay(
                f"{effective_on}: a change holds from today ({today}) or a day within a year"
            )
        with self.database.begin() as tx:
            members.hold(tx)
            change = _get(tx, change_id)
            member = members.get(tx, change.member_number)
            if change.state is State.OPEN:
                # Compared while the register is held: it cannot move on before this is written.
                _check(Seen(change, current_fields(change.kind, member, today)), digest)
            verdict = Verdict(State.APPROVED, actor, reason, behind, effective_on, digest)
            self._close(tx, change, verdict, now)
            members.save_many(tx, [_changed(member, change, effective_on)], to_micros(now))
            self.journal.record(
                tx,
                EventName.MEMBER_UPDATED,
                now,
                actor=actor,
                subject=change.subject,
                session=behind.session,
                origin=behind.origin,
                data={
                    "change": change.id,
                    "member": Personal(change.member_number, change.subject),
                    "fields": [change.kind.value],
                    "effective_on": effective_on.isoformat(),
                },
            )
            told = {"outcome": State.APPROVED.value, "effective": effective_on.isoformat()}
            self._tell(tx, change, member, told, now)

    def refuse(self, change_id: str, actor: Actor, reason: str, behind: Behind = NOBODY) -> None:
        """Refuse a request; the member is told why. Raises `UnknownChange` or `ChangeDecided`."""
        now = self.clock.now()
        with self.database.begin() as tx:
            change = _get(tx, change_id)
            self._close(tx, change, Verdict(State.REFUSED, actor, reason, behind), now)
            member = members.get(tx, change.member_number)
            told = {"outcome": State.REFUSED.value, "reason": reason}
            self._tell(tx, change, member, told, now)

    def _close(self, tx: Tx, change: ChangeRequest, verdict: Verdict, now: datetime) -> None:
        actor, on = verdict.actor, verdict.effective_on
        by = str(actor.id or actor.kind)[:64]
        at, why = to_micros(now), verdict.reason
        if not store.decide(tx, change.id, verdict.state, at, by, why, on):
            raise ChangeDecided(f"{change.id}: decided or taken back already; look at it again")
        data: dict[str, Any] = {"change": change.id, "kind": change.kind.value, "reason": why}
        if on is not None:
            data["effective_on"] = on.isoformat()
        if verdict.digest is not None:
            data["digest"] = Personal(verdict.digest, change.subject)
        approved = verdict.state is State.APPROVED
        self.journal.record(
            tx,
            EventName.CHANGE_APPROVED if approved else EventName.CHANGE_REFUSED,
            now,
            actor=actor,
            subject=change.subject,
            session=verdict.behind.session,
            origin=verdict.behind.origin,
            data=data,
        )

    def _tell(
        self, tx: Tx, change: ChangeRequest, member: Member, told: dict[str, str], now: datetime
    ) -> None:
        """Mail the member, by the name that holds now."""
        to = self.mailbox_of(tx, change.subject)
        name = name_on(member, date_in_tokyo(now)).shown
        values = {"name": name, "kind": change.kind.value} | told
        self.mails.promise(tx, Mail(MailKind.CHANGE_DECIDED, to, "ja", values, change.subject), now)


def _get(tx: Tx, change_id: str) -> ChangeRequest:
    change = store.find(tx, change_id)
    if change is None:
        raise UnknownChange(f"{change_id}: there is no change request with this id")
    return change


def _check(seen: Seen, digest: str) -> None:
    if seen.digest != digest:
        raise DifferenceChanged(
            f"{seen.change.id}: the register is not what was looked at; look at it again"
        )


def _changed(member: Member, change: ChangeRequest, on: date) -> Member:
    """Give the member with the dated entry a request asks for."""
    if change.kind is Kind.NAME:
        return replace(member, names=from_day(member.names, name_of(change.wanted), on))
    if change.kind is Kind.ADDRESS:
        return replace(member, addresses=from_day(member.addresses, address_of(change.wanted), on))
    phone: str | None = change.wanted["phone_number"]
    return replace(member, phones=from_day(member.phones, phone, on))
