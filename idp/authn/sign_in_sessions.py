"""The session a sign-in ends in: a new cookie always, the device remembered unless it is shared.

Session fixation (CVE-2024-7341, CVE-2024-28197): the cookie that was there before a sign-in is
worth nothing after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor, new_id
from audit.names import EventName
from idp.accounts.model import EndReason
from idp.authn.model import Attempt, SignedIn
from idp.clock import to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.service import Journal
from idp.lifecycle.endings import Endings
from idp.sessions import store
from idp.storage.secret_text import draw_token, hash_token
from idp.storage.sql import Tx
from idp.throttle.model import Lease

PASSWORD = ("pwd",)
"""`amr` of a sign-in by password alone (RFC 8176 2)."""


@dataclass(frozen=True)
class SignInSessions:
    """Starts or renews the session of a browser."""

    policy: PolicyInForce
    journal: Journal
    endings: Endings

    def start(
        self, tx: Tx, attempt: Attempt, subject: str, lease: Lease, now: datetime
    ) -> SignedIn:
        """Start a session in the settling transaction, with its event.

        A session of the same subject in this browser is renewed (its `sid` stays, so that a logout
        still reaches the relying parties); one of somebody else ends.
        """
        cookie = draw_token()
        session_id = self._renew(tx, attempt, subject, cookie, now)
        renewed = session_id is not None
        if session_id is None:
            session_id = self._add(tx, attempt, subject, cookie, now)
        device = self._remember(tx, attempt, subject, now)
        self.journal.record(
            tx,
            EventName.SESSION_STARTED,
            now,
            actor=Actor("member", subject),
            subject=subject,
            session=session_id,
            origin=attempt.origin,
            decision=lease.decision.as_facts(self.policy.digest),
            data={"amr": list(PASSWORD), "renewed": renewed, "shared": attempt.shared_device},
        )
        return SignedIn(cookie, device, subject)

    def _renew(
        self, tx: Tx, attempt: Attempt, subject: str, cookie: str, now: datetime
    ) -> str | None:
        if attempt.session_cookie is None:
            return None
        found = store.find_by_cookie(tx, hash_token(attempt.session_cookie))
        if found is None or found[0].ended_at is not None:
            return None
        before = found[0]
        if before.subject != subject:
            actor = Actor("member", before.subject)
            self.endings.end_session(
                tx, before.id, before.subject, EndReason.SIGNED_OUT, actor, now, attempt.origin
            )
            return None
        at = to_micros(now)
        store.renew(
            tx,
            before.id,
            cookie_hash=hash_token(cookie),
            auth_time=at,
            amr=" ".join(PASSWORD),
            expires_at=at + self.policy.policy.sessions.absolute.micros,
        )
        return before.id

    def _add(self, tx: Tx, attempt: Attempt, subject: str, cookie: str, now: datetime) -> str:
        session_id, at = new_id(now), to_micros(now)
        store.add(
            tx,
            id=session_id,
            cookie_hash=hash_token(cookie),
            subject=subject,
            auth_time=at,
            amr=" ".join(PASSWORD),
            created_at=at,
            last_seen_at=at,
            expires_at=at + self.policy.policy.sessions.absolute.micros,
            agent=attempt.origin.device,
            address=attempt.origin.address,
        )
        return session_id

    def _remember(self, tx: Tx, attempt: Attempt, subject: str, now: datetime) -> str | None:
        if attempt.shared_device:
            return None
        device = attempt.device_cookie or draw_token()
        keep = self.policy.policy.sessions.known_devices_per_account
        store.know_device(tx, subject, hash_token(device), to_micros(now), keep)
        return device
