"""Ending what a person is signed in to: one session, or everything a subject has.

One transaction ends the session, its grants and thereby every token, records it, and promises the
logout tokens. The derived rule (`subject_is_active`) would refuse all of them anyway; these writes
tell the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.accounts.model import EndReason
from idp.clients.service import Clients
from idp.clock import to_micros
from idp.grants import store as grants
from idp.journal.model import NOWHERE, Origin
from idp.journal.service import Journal
from idp.lifecycle.logout_messages import promise_logouts
from idp.sessions import ending_store as ending
from idp.sessions import store as sessions
from idp.storage.sql import Tx


@dataclass(frozen=True)
class Endings:
    """Ends sessions and everything that was issued in them."""

    clients: Clients
    journal: Journal

    def end_session(
        self,
        tx: Tx,
        session_id: str,
        subject: str,
        reason: EndReason,
        actor: Actor,
        now: datetime,
        origin: Origin = NOWHERE,
    ) -> bool:
        """End one session; False when somebody had ended it already.

        One that is over by time still has offline grants, and relying parties that keep somebody
        signed in: whoever signs out of it means them too.
        """
        at = to_micros(now)
        if not ending.end_for_good(tx, session_id, reason.value, at):
            return False
        ended = grants.end_of_session(tx, session_id, reason.value, at)
        self._record(tx, session_id, subject, reason, actor, now, origin, len(ended))
        # A relying party that gave its tokens back (RFC 7009) may still keep somebody signed in.
        promise_logouts(tx, self.clients, grants.parties_of_session(tx, session_id), now)
        return True

    def end_all(
        self,
        tx: Tx,
        subject: str,
        reason: EndReason,
        actor: Actor,
        now: datetime,
        origin: Origin = NOWHERE,
        keep: str | None = None,
    ) -> int:
        """End every session and grant of a subject; answers how many sessions and grants ended.

        The session `keep` goes on, without what was issued in it.
        """
        at = to_micros(now)
        live = [one for one in sessions.live_of(tx, subject) if one != keep]
        parties = grants.parties_of_subject(tx, subject)
        ended = grants.end_of_subject(tx, subject, reason.value, at)
        by_session: dict[str, int] = dict.fromkeys(live, 0)
        for _, _, session_id, _ in ended:
            by_session[session_id] = by_session.get(session_id, 0) + 1
        by_session.pop(keep or "", None)
        for session_id, count in by_session.items():
            sessions.end(tx, session_id, reason.value, at)
            self._record(tx, session_id, subject, reason, actor, now, origin, count)
        offline = [(client, sid, who) for _, client, sid, who in ended]
        promise_logouts(tx, self.clients, list(dict.fromkeys((*parties, *offline))), now)
        return len(by_session) + len(ended)

    def _record(
        self,
        tx: Tx,
        session_id: str,
        subject: str,
        reason: EndReason,
        actor: Actor,
        now: datetime,
        origin: Origin,
        grants_ended: int,
    ) -> None:
        self.journal.record(
            tx,
            EventName.SESSION_ENDED,
            now,
            actor=actor,
            subject=subject,
            session=session_id,
            origin=origin,
            data={"reason": reason.value, "grants": grants_ended},
        )
