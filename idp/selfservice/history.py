"""A member's own access history: what happened to the account, newest first, and "not me".

Read from the audit log, one subject at a time, with the member's own personal values opened. Which
events a member is shown, and in what words, is `history_texts`'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit import instant
from audit.event import Actor
from audit.names import EventName
from idp.accounts.model import EndReason
from idp.clock import Clock
from idp.errors import IdpError
from idp.journal.model import Origin
from idp.journal.reading import EventReader
from idp.journal.service import Journal
from idp.lifecycle.endings import Endings
from idp.selfservice import store
from idp.selfservice.history_texts import NEVER_CONTESTED, TEXTS
from idp.sessions import store as sessions
from idp.sessions.model import Session
from idp.storage.sql import Database, Tx

PER_PAGE = 20
_CHUNK = 200
_LOOKED_AT = 10_000
"""Rows looked at for one page: most events of an account may be of kinds that are not shown."""
_RECENT = 200
"""How many of the newest events are searched for what was contested already."""
_CURSOR = re.compile(r"([0-9]{1,17})-([0-9]{1,18})")
_LATEST = (2**62, 2**62)


class NotAPlace(IdpError):
    """A link into the history that we did not write."""

    code = "bad_request"
    status = 400


class UnknownEvent(IdpError):
    """There is no such entry in this member's history."""

    code = "not_found"
    status = 404


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as its member may read it."""

    id: str
    at: datetime
    name: EventName
    outcome: str
    client_id: str | None
    session_id: str | None
    address: str | None
    agent: str | None
    actor: str
    """The kind of who acted: member, client, staff, …; never a name."""
    role: str | None
    data: dict[str, Any]
    case: str | None = None
    """Id of the telephone case it belongs to."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some entries, where the older ones begin, and which were contested."""

    entries: list[Entry]
    older: str | None
    contested: frozenset[str]


@dataclass(frozen=True)
class AccessHistory:
    """Shows the history and takes objections."""

    database: Database
    clock: Clock
    journal: Journal
    endings: Endings

    @property
    def _reader(self) -> EventReader:
        return EventReader(self.journal.persons)

    def page(self, subject: str, before: str = "", most: int = PER_PAGE) -> HistoryPage:
        """Give one page, newest first; `before` is where the page before ended (`NotAPlace`)."""
        at, position = _place(before)
        found: list[str] = []
        older, looked_at = None, 0
        with self.database.read() as tx:
            while len(found) < most and looked_at < max(_LOOKED_AT, most):
                rows = store.events_of(tx, subject, at, position, _CHUNK)
                for row in rows:
                    position, at = row[0], row[1]
                    looked_at += 1
                    if row[2] in TEXTS:
                        found.append(row[3])
                        if len(found) == most:
                            break
                older = f"{at}-{position}" if rows else None
                if len(rows) < _CHUNK and len(found) < most:
                    older = None
                    break
            if older is not None and not store.events_of(tx, subject, at, position, 1):
                older = None
            entries = self._entries(tx, found)
            contested = self._contested(tx, subject)
        return HistoryPage(entries, older, contested)

    def contest(self, session: Session, event_id: str, origin: Origin) -> Entry:
        """Take "this was not me": ends the session of the event, unless it is this one.

        Once per entry, however often it is sent. Raises `UnknownEvent`.
        """
        now = self.clock.now()
        with self.database.begin() as tx:
            tx.lock(f"contest:{session.subject}")
            line = store.event_of(tx, session.subject, event_id)
            if line is None:
                raise UnknownEvent(event_id)
            (entry,) = self._entries(tx, [line])
            if entry.name not in TEXTS or entry.name in NEVER_CONTESTED:
                raise UnknownEvent(event_id)
            if event_id in self._contested(tx, session.subject):
                return entry
            actor = Actor("member", session.subject)
            self.journal.record(
                tx,
                EventName.SESSION_CONTESTED,
                now,
                actor=actor,
                subject=session.subject,
                session=entry.session_id,
                origin=origin,
                data={"event": event_id, "name": entry.name.value},
            )
            self._end(tx, session, entry.session_id, actor, now, origin)
        return entry

    def _end(
        self,
        tx: Tx,
        session: Session,
        contested: str | None,
        actor: Actor,
        now: datetime,
        origin: Origin,
    ) -> None:
        if contested is None or contested == session.id:
            return
        found = sessions.find(tx, contested)
        if found is not None and found.subject == session.subject:
            why = EndReason.SIGNED_OUT
            self.endings.end_session(tx, contested, session.subject, why, actor, now, origin)

    def _contested(self, tx: Tx, subject: str) -> frozenset[str]:
        rows = store.events_of(tx, subject, *_LATEST, _RECENT)
        lines = [row[3] for row in rows if row[2] == EventName.SESSION_CONTESTED.value]
        opened = self._reader.open_all(tx, lines)
        return frozenset(str(event["data"]["event"]) for event in opened)

    def _entries(self, tx: Tx, lines: Iterable[str]) -> list[Entry]:
        return [_entry(event) for event in self._reader.open_all(tx, lines)]


def _place(before: str) -> tuple[int, int]:
    if not before:
        return _LATEST
    read = _CURSOR.fullmatch(before)
    if read is None:
        raise NotAPlace("not a place in the history")
    return int(read[1]), int(read[2])


def _entry(event: dict[str, Any]) -> Entry:
    actor, source = event["actor"], event.get("source") or {}
    if actor["kind"] == "staff":
        source = {}  # where a colleague sat is not the member's affair
    return Entry(
        id=event["id"],
        at=instant.from_text(event["occurred_at"]),
        name=EventName(event["name"]),
        outcome=event["outcome"],
        client_id=event.get("client"),
        session_id=event.get("session"),
        address=source.get("address"),
        agent=source.get("device"),
        actor=actor["kind"],
        role=actor.get("role"),
        data=event.get("data") or {},
        case=event.get("case"),
    )
