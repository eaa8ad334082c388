"""A member's browsers: where one is signed in, which are known, and how either ends."""

from __future__ import annotations

from dataclasses import dataclass

from audit.event import Actor
from audit.names import EventName
from idp.accounts.model import EndReason
from idp.authn import store
from idp.authn.model import SeenDevice, SeenSession
from idp.clock import Clock
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.journal.service import Journal
from idp.lifecycle.endings import Endings
from idp.sessions import store as sessions
from idp.sessions.model import Session
from idp.storage.sql import Database

LAST_SIGN_INS = 5


@dataclass(frozen=True)
class Devices:
    """Lists sessions and known browsers, and ends them."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    endings: Endings

    def signed_in(self, session: Session) -> list[SeenSession]:
        """List the member's live sessions."""
        now, idle = self.clock.now(), self.policy.policy.sessions.idle.delta
        with self.database.read() as tx:
            facts = sessions.subject_facts(tx, session.subject)
            listed = store.live_sessions(tx, session.subject)
        since = facts.credentials_changed_at if facts else now
        return [
            one
            for one in listed
            if one.auth_time >= since and now < one.expires_at and now - one.last_seen_at < idle
        ]

    def last_sign_ins(self, session: Session) -> list[SeenSession]:
        """List the member's latest sign-ins, those of ended sessions included."""
        with self.database.read() as tx:
            return store.last_sign_ins(tx, session.subject, LAST_SIGN_INS)

    def known(self, session: Session) -> list[SeenDevice]:
        """List the browsers that are known to the account."""
        with self.database.read() as tx:
            return store.known_devices(tx, session.subject)

    def sign_out(self, session: Session, which: str, origin: Origin) -> int:
        """End one other session of the member, or all others (`which` empty); answers how many."""
        now = self.clock.now()
        with self.database.begin() as tx:
            others = [one for one in sessions.live_of(tx, session.subject) if one != session.id]
            asked = [one for one in others if which in ("", one)]
            for one in asked:
                self.endings.end_session(
                    tx,
                    one,
                    session.subject,
                    EndReason.SIGNED_OUT,
                    Actor("member", session.subject),
                    now,
                    origin,
                )
        return len(asked)

    def forget(self, session: Session, which: str, origin: Origin) -> int:
        """Forget one known browser, or all (`which` empty); answers how many."""
        now = self.clock.now()
        with self.database.begin() as tx:
            known = store.known_devices(tx, session.subject)
            asked = [one.device_hash for one in known if which in ("", one.device_hash)]
            for one in asked:
                store.forget_device(tx, session.subject, one)
            if asked:
                self.journal.record(
                    tx,
                    EventName.DEVICE_FORGOTTEN,
                    now,
                    actor=Actor("member", session.subject),
                    subject=session.subject,
                    session=session.id,
                    origin=origin,
                    data={"count": len(asked)},
                )
        return len(asked)
