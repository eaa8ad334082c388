"""Exports of a search: streamed page by page, marked with who took them, recorded twice.

The first event is committed before the first line leaves and its id is the mark; the second tells
how many events went out, and whether that was all. A first one without a second belongs to a
process that was killed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from audit.event import Actor
from audit.names import EventName
from idp.audit_room.forms import FORMS, Counted, Mark
from idp.audit_room.looking import Looking
from idp.audit_search.model import Criteria
from idp.journal.model import NOWHERE, Origin


@dataclass(frozen=True)
class Exports:
    """Takes what a search finds out of the house."""

    looking: Looking
    host: str
    """How our messages name us (RFC 5424 HOSTNAME): the host of the issuer."""

    def lines(
        self, form: str, criteria: Criteria, actor: Actor, origin: Origin = NOWHERE
    ) -> Iterator[str]:
        """Record that an export begins, and give its lines; `form` is one of `FORMS`.

        Nothing is held meanwhile. Raises `StoreUnavailable` before the first line is asked for.
        """
        mark = self.begin(form, criteria, actor, origin)
        return self._told_of(mark, form, criteria, actor, origin)

    def _told_of(
        self, mark: Mark, form: str, criteria: Criteria, actor: Actor, origin: Origin
    ) -> Iterator[str]:
        counted, whole = self.found(criteria), False
        try:
            yield from FORMS[form][0](mark, counted)
            whole = True
        finally:
            # Whoever breaks off before the last line has the others all the same.
            self.end(mark, form, criteria, actor, counted.count, origin, whole=whole)

    def found(self, criteria: Criteria) -> Counted:
        """Give everything that a search finds, counted as it passes."""
        return Counted(self.looking.search.everything(criteria))

    def begin(self, form: str, criteria: Criteria, actor: Actor, origin: Origin = NOWHERE) -> Mark:
        """Record that an export begins; the mark names the event."""
        about = {"form": form, "state": "began"}
        name = EventName.AUDIT_EXPORTED
        export = self.looking.record(name, criteria, actor, about, origin)
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
        whole: bool = True,
    ) -> None:
        """Record that an export is complete or was cut, and how much went out."""
        state = "finished" if whole else "cut"
        about = {"form": form, "state": state, "export": mark.export, "count": count}
        self.looking.record(EventName.AUDIT_EXPORTED, criteria, actor, about, origin)
