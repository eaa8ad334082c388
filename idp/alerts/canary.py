"""The canary: a failed sign-in of somebody who does not exist, whose event must reach the log.

If it does not, events are lost between the act and its record, or between the record and its seal,
and no other sign might tell. It goes through the same service as everybody's password.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from idp.alerts.model import Alarming, AlertKind
from idp.authn.model import Attempt, Failed, Visit
from idp.authn.service import PasswordSignIn
from idp.inforce.service import PolicyInForce
from idp.journal import store as journal
from idp.journal.model import Origin
from idp.storage.sql import Database

log = structlog.get_logger(__name__)
ADDRESS = "canary@canary.invalid"


@dataclass
class Canary:
    """Tries once in a while, and looks later whether the log has heard of it."""

    database: Database
    policy: PolicyInForce
    sign_in: PasswordSignIn
    _tried_at: datetime | None = None
    _reference: str | None = None
    _missing: list[Alarming] = field(default_factory=list)

    def look(self, now: datetime) -> list[Alarming]:
        """Look for the last try in the log, and try again when it is time."""
        if self._reference is not None and self._waited(now, self._patience()):
            heard = self._heard(self._reference)
            self._missing = [] if heard else [Alarming(AlertKind.CANARY, self._reference, 1)]
            self._reference = None
        every = self.policy.policy.alerts.canary_every.delta
        if self._reference is None and self._waited(now, every):
            self._tried_at = now
            self._sing()
        return self._missing

    def _sing(self) -> None:
        try:
            self._reference = self._try()
        except Exception:  # it is what the canary is for; the other alerts must not fall silent
            log.exception("canary.failed")
            self._missing = [Alarming(AlertKind.CANARY, "failed", 1)]

    def _waited(self, now: datetime, long: timedelta) -> bool:
        return self._tried_at is None or now - self._tried_at >= long

    def _patience(self) -> timedelta:
        return self.policy.policy.audit.lag_alarm.delta

    def _try(self) -> str | None:
        visit = Visit(None, None, (), Origin(request_id=f"canary-{secrets.token_hex(8)}"))
        attempt = Attempt(ADDRESS, secrets.token_urlsafe(16), shared_device=False, visit=visit)
        answer = self.sign_in.sign_in(attempt)
        if not isinstance(answer, Failed):
            raise TypeError("the sign-in of nobody did not fail")
        return answer.reference

    def _heard(self, reference: str) -> bool:
        """Tell whether the refusal is in the log and under a seal."""
        with self.database.read() as tx:
            event = journal.event_of_reference(tx, reference)
            return event is not None and journal.leaf_of(tx, event) is not None
