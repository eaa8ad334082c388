"""Outages of the counters behind the address limits: an event when one begins, one at its end.

All processes of a deployment share one state, a stamp that is odd during an outage, so that an
outage is told of once and not once per process. While the database itself is away nothing can be
recorded; the beginning is then recorded with the end, at the moment it was noticed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from audit.names import EventName
from idp.clock import Clock
from idp.errors import StoreUnavailable
from idp.journal.service import DONE, FAILED, Journal
from idp.policy.model import Limit, LimitName
from idp.storage.sql import Database
from idp.storage.stamps import raise_stamp, version_of

log = structlog.get_logger(__name__)
STAMP = "limit.degraded"


@dataclass
class OutageLog:
    """Notes the outages that this process meets. Never called inside a transaction."""

    database: Database
    clock: Clock
    journal: Journal
    _since: datetime | None = None
    _recorded: bool = False
    _looked: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _about: Mapping[str, Any] = field(default_factory=dict)

    def began(self, rule: LimitName, limit: Limit) -> None:
        """Note that a counter did not answer; only the first time counts."""
        if self._since is not None:
            return
        with self._lock:
            if self._since is None:
                self._since = self.clock.now()
                self._about = {"limit": rule.value, "answer": limit.on_outage.value}
                self._recorded = self._record(degraded=True, at=self._since)

    def ended(self) -> None:
        """Note that a counter answered; costs nothing when none was out of reach."""
        if not self._looked:
            self._look()
        if self._since is None:
            return
        with self._lock:
            since = self._since
            if since is None:
                return
            if not self._recorded:
                self._recorded = self._record(degraded=True, at=since)
            if self._recorded and self._record(degraded=False, at=self.clock.now()):
                self._since, self._recorded = None, False

    def _look(self) -> None:
        """Take over an outage that a process noted which did not live to see its end."""
        with self._lock:
            self._looked = True
            with self.database.read() as tx:
                if self._since is None and version_of(tx, STAMP) % 2 == 1:
                    self._since, self._recorded = self.clock.now(), True

    def _record(self, *, degraded: bool, at: datetime) -> bool:
        try:
            with self.database.begin() as tx:
                tx.lock(STAMP)
                if (version_of(tx, STAMP) % 2 == 1) != degraded:
                    raise_stamp(tx, STAMP)
                    data = {"state": "began" if degraded else "ended", **self._about}
                    outcome = FAILED if degraded else DONE
                    self.journal.record(
                        tx, EventName.LIMIT_DEGRADED, at, outcome=outcome, data=data
                    )
        except StoreUnavailable as outage:
            log.warning("limit.outage_not_recorded", error=type(outage).__name__)
            return False
        return True
