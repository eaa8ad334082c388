"""A member's side of change requests: file one, see one's own, take one back.

A request is due a few business days after the day in Japan on which it came in (`calendar.toml`).
The same idempotency key files once, however often and however many at a time it comes. A newer
request of the same kind takes the place of one that is still open. What clerks decide is
`idp.changes.deciding`; pages and the resource `/member/changes` are built on this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from audit.event import Actor, new_id
from audit.names import EventName
from idp.changes import store
from idp.changes.model import (
    ChangeRequest,
    Fault,
    KeyReused,
    Kind,
    State,
    TooManyChanges,
    UnknownChange,
    Wrong,
)
from idp.changes.wanted import current_fields, read_wanted
from idp.clock import Clock, date_in_tokyo, to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.journal.service import REFUSED, Journal
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.members import store as members
from idp.members.japan.business_days import business_days_after
from idp.members.model import Member, name_on
from idp.storage.sql import Database, Tx
from idp.web.organisation import Language

SHOWN = 50
DAY = timedelta(days=1)
REPLACED = "replaced by a newer request"
HERE = "kumiai-id"
"""What `via` says of a request filed on the provider's own page."""


@dataclass(frozen=True, slots=True)
class Filer:
    """The member who files, and by which way; `address` is the stored form mail goes to."""

    subject: str
    member_number: str
    address: str = field(repr=False)
    language: Language
    via: str
    origin: Origin

    @property
    def actor(self) -> Actor:
        """Name the member as the one who acts."""
        return Actor("member", self.subject)

    @property
    def client(self) -> str | None:
        """Tell the client that acts for the member, if any."""
        return None if self.via == HERE else self.via


@dataclass(frozen=True, slots=True)
class Filed:
    """A request that was filed now, or (`repeated`) before with the same key."""

    change: ChangeRequest
    repeated: bool


@dataclass(frozen=True)
class Changes:
    """Files and shows the requests of members."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    mails: Mails

    def file(
        self, filer: Filer, kind: Kind, typed: Mapping[str, str], key: str | None
    ) -> Filed | list[Fault]:
        """File a request, or tell what is wrong with what was typed.

        Raises `KeyReused`, and `TooManyChanges` when the day's number is reached.
        """
        now = self.clock.now()
        with self.database.begin() as tx:
            # One at a time for each member: the key, the day's number and what is open are counted.
            tx.lock(f"changes of {filer.subject}")
            member = members.get(tx, filer.member_number)
            read = read_wanted(kind, typed, member, date_in_tokyo(now))
            known = store.find_by_key(tx, filer.subject, filer.via, key) if key else None
            if known is not None:
                return _repeated(known, kind, read)
            if isinstance(read, list):
                return read
            filed = self._add(tx, filer, member, kind, read, key, now)
        if filed is None:
            raise TooManyChanges(f"{filer.via}: too many change requests within a day")
        return Filed(filed, repeated=False)

    def list_of(self, subject: str) -> list[ChangeRequest]:
        """List a member's latest requests, newest first."""
        with self.database.read() as tx:
            return store.list_of(tx, subject, SHOWN)

    def find(self, subject: str, change_id: str) -> ChangeRequest:
        """Give one of a member's own requests; raises `UnknownChange`."""
        with self.database.read() as tx:
            return _own(tx, subject, change_id)

    def current(self, member_number: str, kind: Kind) -> dict[str, str]:
        """Give what the register holds today, to be changed."""
        with self.database.read() as tx:
            member = members.get(tx, member_number)
        return current_fields(kind, member, self.clock.today())

    def withdraw(self, filer: Filer, change_id: str) -> bool:
        """Take an open request back; False when it is open no longer. Raises `UnknownChange`."""
        now = self.clock.now()
        with self.database.begin() as tx:
            change = _own(tx, filer.subject, change_id)
            return self._withdraw(tx, filer, change.id, now, "")

    def _add(
        self,
        tx: Tx,
        filer: Filer,
        member: Member,
        kind: Kind,
        wanted: dict[str, str],
        key: str | None,
        now: datetime,
    ) -> ChangeRequest | None:
        rules, today = self.policy.policy.calendar, date_in_tokyo(now)
        too_many = store.filed_since(tx, filer.subject, to_micros(now - DAY))
        if too_many >= rules.changes_per_day:
            self._record(tx, EventName.CHANGE_FILED, filer, now, {"kind": kind.value}, REFUSED)
            return None
        for older in store.open_of_kind(tx, filer.subject, kind):
            self._withdraw(tx, filer, older, now, REPLACED)
        change = ChangeRequest(
            id=new_id(now),
            member_number=filer.member_number,
            subject=filer.subject,
            kind=kind,
            wanted=wanted,
            via=filer.via,
            filed_at=now,
            due_on=business_days_after(today, rules.change_due_business_days, rules),
            state=State.OPEN,
        )
        store.add(tx, change, key)
        due = change.due_on.isoformat()
        data = {"change": change.id, "kind": kind.value, "due_on": due}
        self._record(tx, EventName.CHANGE_FILED, filer, now, data)
        values = {"name": name_on(member, today).shown, "kind": kind.value, "due": due}
        mail = Mail(MailKind.CHANGE_FILED, filer.address, filer.language, values, filer.subject)
        self.mails.promise(tx, mail, now)
        return change

    def _withdraw(self, tx: Tx, filer: Filer, change_id: str, now: datetime, why: str) -> bool:
        by = filer.subject
        if not store.decide(tx, change_id, State.WITHDRAWN, to_micros(now), by, why, None):
            return False
        data = {"change": change_id, "reason": why}
        self._record(tx, EventName.CHANGE_WITHDRAWN, filer, now, data)
        return True

    def _record(
        self,
        tx: Tx,
        name: EventName,
        filer: Filer,
        now: datetime,
        data: dict[str, str],
        outcome: str = "done",
    ) -> None:
        self.journal.record(
            tx,
            name,
            now,
            outcome=outcome,
            actor=filer.actor,
            subject=filer.subject,
            client=filer.client,
            origin=filer.origin,
            data=data,
        )


def _own(tx: Tx, subject: str, change_id: str) -> ChangeRequest:
    change = store.find(tx, change_id)
    if change is None or change.subject != subject:
        raise UnknownChange("no change request of this member has this id")
    return change


def _repeated(
    known: ChangeRequest, kind: Kind, read: dict[str, str] | list[Fault]
) -> Filed | list[Fault]:
    """Give what a key filed before; it may have been approved since, and be nothing new now."""
    if isinstance(read, list) and any(fault.wrong is not Wrong.UNCHANGED for fault in read):
        return read
    if known.kind is not kind or (isinstance(read, dict) and read != dict(known.wanted)):
        raise KeyReused("this key filed another request")
    return Filed(known, repeated=True)
