"""Exports that never told their end: their process was killed. The worker tells it for them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from audit.names import EventName
from idp.audit_room import store
from idp.audit_room.guard import Cut
from idp.clock import Clock, from_micros
from idp.inforce.service import PolicyInForce
from idp.journal import store as journal
from idp.journal.service import Journal
from idp.storage.sql import Database

PAGE = 2_000


@dataclass
class Abandoned:
    """Goes through the events of exports once, and then through what is new; one leader does."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    _after: int = 0
    _open: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    """When each export began that did not end yet, and its form."""

    def look(self) -> int:
        """Record as cut what began too long ago; answers how many. A late end still counts."""
        self._read()
        now, longest = self.clock.now(), self.policy.policy.audit.room.export_time.delta
        over = [one for one, (began, _) in self._open.items() if now - began >= longest]
        for export in over:
            data = {"form": self._open[export][1], "state": "cut", "export": export}
            with self.database.begin() as tx:
                why = {"why": Cut.ABANDONED.value}
                self.journal.record(tx, EventName.AUDIT_EXPORTED, now, data=data | why)
            del self._open[export]
        return len(over)

    def _read(self) -> None:
        # Again over the newest: an event may commit late and lie before one that was read.
        after = max(0, self._after - journal.SLACK)
        while True:
            with self.database.read() as tx:
                rows = store.exports_after(tx, after, PAGE)
            for position, occurred_at, line in rows:
                after = position
                self._after = max(self._after, position)
                event = json.loads(line)
                data = event.get("data") or {}
                if data.get("state") == "began":
                    self._open[event["id"]] = from_micros(occurred_at), str(data.get("form"))
                else:
                    self._open.pop(str(data.get("export")), None)
            if len(rows) < PAGE:
                return
