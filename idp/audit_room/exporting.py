"""Exports of a search: streamed page by page, marked with who took them, recorded twice.

The first event is committed before the first line leaves and its id is the mark; the second tells
how many events went out, and whether that was all. A first one without a second belongs to a
process that was killed; the worker tells so after a while (`idp.audit_room.abandoned`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from audit.event import Actor
from audit.names import EventName
from idp.audit_room.forms import FORMS, Counted, Mark
from idp.audit_room.guard import Cut, Guard
from idp.audit_room.looking import Looking
from idp.audit_search.model import Criteria
from idp.journal.model import NOWHERE, Origin


class Tally(Protocol):
    """What an export holds so far, and why it holds no more."""

    count: int
    cut: Cut | None


@dataclass(frozen=True)
class Exports:
    """Takes what a search finds out of the house."""

    looking: Looking
    host: str
    """How our messages name us (RFC 5424 HOSTNAME): the host of the issuer."""

    def lines(
        self,
        form: str,
        criteria: Criteria,
        actor: Actor,
        origin: Origin = NOWHERE,
        *,
        session: str | None = None,
        guard: Guard | None = None,
    ) -> Iterator[str]:
        """Record that an export begins, and give its lines; `form` is one of `FORMS`.

        Nothing is held meanwhile. Raises `StoreUnavailable` before the first line is asked for.
        """
        mark = self.begin(form, criteria, actor, origin, session=session)
        counted = self.found(criteria, guard)
        written = FORMS[form][0](mark, counted)
        return self.told(mark, form, criteria, actor, counted, written, origin, session=session)

    def told(
        self,
        mark: Mark,
        form: str,
        criteria: Criteria,
        actor: Actor,
        tally: Tally,
        written: Iterator[str],
        origin: Origin = NOWHERE,
        *,
        session: str | None = None,
    ) -> Iterator[str]:
        """Give lines, and record at their end how many entries they held."""
        cut: Cut | None = Cut.BROKEN
        try:
            yield from written
            cut = tally.cut
        finally:
            # Whoever breaks off before the last line has the others all the same.
            self.end(mark, form, criteria, actor, tally.count, origin, session=session, cut=cut)

    def found(self, criteria: Criteria, guard: Guard | None = None) -> Counted:
        """Give everything that a search finds, counted as it passes."""
        return Counted(self.looking.search.everything(criteria), guard)

    def begin(
        self,
        form: str,
        criteria: Criteria,
        actor: Actor,
        origin: Origin = NOWHERE,
        *,
        session: str | None = None,
    ) -> Mark:
        """Record that an export begins; the mark names the event."""
        about = {"form": form, "state": "began"}
        name = EventName.AUDIT_EXPORTED
        export = self.looking.record(name, criteria, actor, about, origin, session=session)
        by = actor.id if isinstance(actor.id, str) else actor.kind
        return Mark(by, self.looking.clock.now(), export, self.host)

    def end(
        self,
        mark: Mark,
        form: str,
        criteria: Criteria,
        actor: Actor,
        count: int,
        origin: Origin = NOWHERE,
        *,
        session: str | None = None,
        cut: Cut | None = None,
    ) -> None:
        """Record that an export is complete or was cut, and how much went out."""
        about = {"form": form, "state": "cut" if cut else "finished", "export": mark.export}
        more = {"count": count, "why": cut.value if cut else None}
        name = EventName.AUDIT_EXPORTED
        self.looking.record(name, criteria, actor, about | more, origin, session=session)
