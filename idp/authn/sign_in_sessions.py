"""The session a sign-in ends in: a new cookie always, the device remembered unless it is shared.

Session fixation (CVE-2024-7341, CVE-2024-28197): the cookie that was there before a sign-in is
worth nothing after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.event import Actor, new_id
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import EndReason
from idp.authn.assurance import BY_PASSWORD
from idp.authn.model import SignedIn, Visit
from idp.clock import to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.service import Journal
from idp.lifecycle.endings import Endings
from idp.sessions import store
from idp.storage.secret_text import draw_token, hash_token
from idp.storage.sql import Tx


@dataclass(frozen=True, slots=True)
class Proven:
    """Who a sign-in is of, by which means (`amr`), and under which decisions of the gate."""

    subject: str
    decision: Mapping[str, Any] | None
    amr: tuple[str, ...] = BY_PASSWORD
    shared_device: bool = False
    target: str = ""


@dataclass(frozen=True)
class SignInSessions:
    """Starts or renews the session of a browser."""

    policy: PolicyInForce
    journal: Journal
    endings: Endings

    def start(self, tx: Tx, visit: Visit, proven: Proven, now: datetime) -> SignedIn:
        """Start a session in the settling transaction, with its event.

        A session of the same subject in this browser is renewed (its `sid` stays, so that a logout
        still reaches the relying parties); one of somebody else ends.
        """
        cookie, subject = draw_token(), proven.subject
        session_id = self._renew(tx, visit, proven, cookie, now)
        renewed = session_id is not None
        if session_id is None:
            session_id = self._add(tx, visit, proven, cookie, now)
        device = self._remember(tx, visit, proven, now)
        accounts.note_sign_in(tx, subject, to_micros(now))
        self.journal.record(
            tx,
            EventName.SESSION_STARTED,
            now,
            actor=Actor("member", subject),
            subject=subject,
            session=session_id,
            origin=visit.origin,
            decision=proven.decision,
            data={"amr": list(proven.amr), "renewed": renewed, "shared": proven.shared_device},
        )
        return SignedIn(cookie, device, subject, proven.target)

    def _renew(
        self, tx: Tx, visit: Visit, proven: Proven, cookie: str, now: datetime
    ) -> str | None:
        if visit.session_cookie is None:
            return None
        found = store.find_by_cookie(tx, hash_token(visit.session_cookie))
        if found is None or found[0].ended_at is not None:
            return None
        before = found[0]
        if before.subject != proven.subject:
            actor = Actor("member", before.subject)
            self.endings.end_session(
                tx, before.id, before.subject, EndReason.SIGNED_OUT, actor, now, visit.origin
            )
            return None
        at = to_micros(now)
        store.renew(
            tx,
            before.id,
            cookie_hash=hash_token(cookie),
            auth_time=at,
            amr=" ".join(proven.amr),
            expires_at=at + self.policy.policy.sessions.absolute.micros,
        )
        return before.id

    def _add(self, tx: Tx, visit: Visit, proven: Proven, cookie: str, now: datetime) -> str:
        session_id, at = new_id(now), to_micros(now)
        store.add(
            tx,
            id=session_id,
            cookie_hash=hash_token(cookie),
            subject=proven.subject,
            auth_time=at,
            amr=" ".join(proven.amr),
            created_at=at,
            last_seen_at=at,
            expires_at=at + self.policy.policy.sessions.absolute.micros,
            agent=visit.origin.device,
            address=visit.origin.address,
        )
        return session_id

    def _remember(self, tx: Tx, visit: Visit, proven: Proven, now: datetime) -> str | None:
        if proven.shared_device:
            return None
        device = visit.device_cookie or draw_token()
        keep = self.policy.policy.sessions.known_devices_per_account
        at, agent = to_micros(now), visit.origin.device
        store.know_device(tx, proven.subject, hash_token(device), at, keep, agent)
        return device
