"""Sessions that are over by time: noted as ended, with their event.

The rule decides without this; the note keeps the table bounded and the log complete. Offline grants
outlive it, and no relying party is told: its own session has its own time.
"""

from __future__ import annotations

from datetime import datetime

from audit.names import EventName
from idp.clock import to_micros
from idp.journal.service import Journal
from idp.policy.model import Sessions
from idp.sessions import store
from idp.sessions.model import EXPIRED
from idp.storage.sql import Database

BATCH = 500


def end_expired_sessions(
    database: Database, journal: Journal, rules: Sessions, now: datetime
) -> int:
    """Note the end of sessions past their absolute or idle time; answers how many."""
    at = to_micros(now)
    with database.read() as tx:
        over = store.over_by_time(tx, at, at - rules.idle.micros, BATCH)
    ended = 0
    for session_id, subject in over:
        with database.begin() as tx:
            if store.end(tx, session_id, EXPIRED, at):
                ended += 1
                journal.record(
                    tx,
                    EventName.SESSION_ENDED,
                    now,
                    subject=subject,
                    session=session_id,
                    data={"reason": EXPIRED, "grants": 0},
                )
    return ended
