"""The session of a browser: found by its cookie, live and active, or none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.clock import Clock, to_micros
from idp.inforce.service import PolicyInForce
from idp.sessions import ending_store, store
from idp.sessions.model import Session, has_expired, why_inactive
from idp.storage.secret_text import hash_token
from idp.storage.sql import Database

TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class BrowserSessions:
    """Tells who a browser is signed in as."""

    database: Database
    clock: Clock
    policy: PolicyInForce

    def current(self, cookie: str | None) -> Session | None:
        """Find the live session of a cookie whose subject is active now."""
        if cookie is None:
            return None
        now = self.clock.now()
        with self.database.read() as tx:
            found = store.find_by_cookie(tx, hash_token(cookie))
        if found is None:
            return None
        session, facts = found
        if has_expired(session, self.policy.policy.sessions, now):
            return None
        if why_inactive(facts, session.ended_at is not None, session.auth_time, now) is not None:
            return None
        self._touch(session, now)
        return session

    def to_sign_out(self, cookie: str | None) -> tuple[str, str] | None:
        """Find what a cookie can sign out of (session id, subject), also after its time was over.

        A page that was left open over night says it is signed in; whoever presses the button there
        is to be signed out everywhere (CWE-613).
        """
        if cookie is None:
            return None
        with self.database.read() as tx:
            return ending_store.to_sign_out(tx, hash_token(cookie))

    def _touch(self, session: Session, now: datetime) -> None:
        if now - session.last_seen_at >= TOUCH_EVERY:
            with self.database.begin() as tx:
                store.touch(tx, session.id, to_micros(now))
