"""How much of the register one person may look up within a day; each look and refusal is counted.

Curiosity has a ceiling (insiders: F16, CWE-799). Numbers are policy (`register.toml`). What is
counted is written before anything is shown, one person's looks one after the other: of two at once
at the limit one is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from audit.event import Actor, new_id
from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.inforce.service import PolicyInForce
from idp.journal.model import Behind
from idp.journal.service import REFUSED, Journal
from idp.register_desk import store
from idp.storage.sql import Database

WITHIN: Final = timedelta(hours=24)


class Look(StrEnum):
    """What is counted."""

    SEARCH = "search"
    MEMBER = "member"


class TooManyLooks(IdpError):
    """This person has looked up as much as policy allows within 24 hours."""

    code = "too_many_requests"
    status = 429


@dataclass(frozen=True)
class Looks:
    """Counts them."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal

    def spend(self, kind: Look, staff_id: str, actor: Actor, behind: Behind) -> None:
        """Count one; raises `TooManyLooks`, and the refusal stands in the log."""
        now, desk = self.clock.now(), self.policy.policy.register
        most = desk.searches_per_day if kind is Look.SEARCH else desk.looks_per_day
        with self.database.begin() as tx:
            tx.lock(f"looks of {staff_id}")
            if store.looks_since(tx, staff_id, kind.value, to_micros(now - WITHIN)) < most:
                store.add_look(tx, new_id(now), staff_id, kind.value, to_micros(now))
                return
            member = kind is Look.MEMBER
            data: dict[str, Any] = {"limit": "looks_per_day" if member else "searches_per_day"}
            self.journal.record(
                tx,
                EventName.MEMBER_VIEWED if member else EventName.REGISTER_LISTED,
                now,
                outcome=REFUSED,
                actor=actor,
                session=behind.session,
                origin=behind.origin,
                data=data | {"what": kind.value},
            )
        raise TooManyLooks(f"{staff_id}: {most} {kind.value} looks within a day")
