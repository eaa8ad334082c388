"""Exports of a search: streamed page by page, marked with who took them, recorded twice.

The first event is committed before the first line leaves and its id is the mark; the second tells
how many events went out. A first one without a second is an export that was cut off.
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
        """Give the lines of an export; `form` is one of `FORMS`. Nothing is held meanwhile."""
        found = self.looking.search.everything(criteria)
        mark = self.begin(form, criteria, actor, origin)
        counted = Counted(found)
        yield from FORMS[form][0](mark, counted)
        self.end(mark, form, criteria, actor, counted.count, origin)

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
    ) -> None:
        """Record that an export is complete, and how much it was."""
        about = {"form": form, "state": "finished", "export": mark.export, "count": count}
        self.looking.record(EventName.AUDIT_EXPORTED, criteria, actor, about, origin)
