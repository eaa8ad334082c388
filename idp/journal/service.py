"""Record an event in the transaction of its act: no act without it, none without its act.

Personal values are encrypted under the key of their person before they touch the row, so a dump of
this table names nobody and erasing a person leaves every hash intact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.canonical import canonical
from audit.event import Actor, Event, Personal, Source, new_id, to_record
from audit.names import EventName
from audit.personal import seal
from idp.clock import to_micros
from idp.journal import store
from idp.journal.model import NOWHERE, Origin
from idp.storage.sql import Tx
from idp.subjects.service import ErasedPerson, PersonKeys, stranger
from idp.web.caller import networks_of

DONE, REFUSED, FAILED = "done", "refused", "failed"
SYSTEM = Actor("system")


@dataclass(frozen=True)
class Journal:
    """The one place where each act is recorded."""

    persons: PersonKeys

    def record(
        self,
        tx: Tx,
        name: EventName,
        now: datetime,
        *,
        outcome: str = DONE,
        actor: Actor = SYSTEM,
        subject: str | None = None,
        client: str | None = None,
        session: str | None = None,
        origin: Origin = NOWHERE,
        decision: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        reference: str | None = None,
        person: str | None = None,
        case: str | None = None,
        approval: str | None = None,
    ) -> str:
        """Insert one event; answers its id.

        Where it came from is sealed for the subject; without one for `person`, else for strangers.
        Raises `audit.event.EventValueError` for a value that cannot stand in the log, before
        anything is written.
        """
        person = _source_of(actor) or subject or person or stranger(now)
        event = Event(
            id=new_id(now),
            occurred_at=now,
            name=name,
            outcome=outcome,
            actor=actor,
            subject=subject,
            client=client,
            session=session,
            case=case,
            approval=approval,
            source=Source(_personal(origin.address, person), _personal(origin.device, person)),
            request_id=origin.request_id,
            decision=self._with_source(tx, decision, origin, now),
            data=_with_reference(data, reference),
        )
        store.add(
            tx,
            id=event.id,
            occurred_at=to_micros(now),
            name=name.value,
            outcome=outcome,
            subject=subject,
            client=client,
            reference=reference,
            line=self._line(tx, event, now),
        )
        return event.id

    def _with_source(
        self, tx: Tx, decision: Mapping[str, Any] | None, origin: Origin, now: datetime
    ) -> Mapping[str, Any] | None:
        """Name the networks a decided attempt came from as pseudonyms: a replay counts by them.

        The address itself is a personal field; its pseudonyms are of a month.
        """
        if decision is None or origin.address is None:
            return decision
        networks = networks_of(origin.address)
        names = [self.persons.pseudonym_within(tx, one, now) for one in networks]
        return {**decision, "from": names}

    def _line(self, tx: Tx, event: Event, now: datetime) -> str:
        def encrypt(value: Personal, aad: bytes) -> dict[str, str]:
            try:
                key = self.persons.key_of(tx, value.person, now)
            except ErasedPerson:
                # An erased person may still be acted upon (a block, an audit): kept as a stranger.
                key = self.persons.key_of(tx, stranger(now), now)
            return seal(value.value, key.key_id, key.key, aad)

        record: dict[str, Any] = to_record(event, encrypt)
        return canonical(record).decode("utf-8")


def _source_of(actor: Actor) -> str | None:
    """Name whose desk an act of the staff came from: its address is not the member's affair."""
    return actor.id if actor.kind == "staff" and isinstance(actor.id, str) else None


def _personal(value: str | None, person: str) -> Personal | None:
    return Personal(value, person) if value else None


def _with_reference(data: Mapping[str, Any] | None, reference: str | None) -> Mapping[str, Any]:
    if reference is None:
        return data or {}
    return {**(data or {}), "reference": reference}
