"""The code of the app: after the password at sign-in, and again before acts that matter.

A sign-in in progress is bound to the browser and to the credentials it began with, lives shortly
and is finished once; the session starts only here, so no page is reached by leaving the step out
(CVE-2025-12760).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.floods.service import Floods
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.journal.service import REFUSED, Journal
from idp.staff import session_store, store
from idp.staff.factors import StaffApp
from idp.staff.model import (
    Acting,
    StaffAccount,
    StaffFailed,
    StaffProgress,
    StaffSignedIn,
    StaffSignInOver,
    StaffVisit,
)
from idp.staff.sessions import BY_PASSWORD_AND_APP, StaffSessions
from idp.storage.secret_text import hash_token
from idp.storage.sql import Database, Tx
from idp.throttle.buckets import COUNTED, Buckets, bucket_of
from idp.throttle.budgets import STAFF_TOTP, staff_totp_budget
from idp.throttle.model import Tried
from idp.throttle.references import draw_reference
from idp.throttle.telling import told_to


@dataclass(frozen=True)
class StaffSecondStep:
    """Takes codes."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    buckets: Buckets
    floods: Floods
    app: StaffApp
    sessions: StaffSessions

    def show(self, handle: str, device: str | None) -> None:
        """Raise `StaffSignInOver` unless this browser may be asked for a code."""
        with self.database.read() as tx:
            self._live(tx, hash_token(handle), device, self.clock.now())

    def verify(self, handle: str, code: str, visit: StaffVisit) -> StaffSignedIn | StaffFailed:
        """Try one code (already folded); raises `StaffSignInOver`."""
        full = self.buckets.exhausted(visit.buckets)
        hashed, now = hash_token(handle), self.clock.now()
        with self.database.begin() as tx:
            tx.lock(f"staff-sign-in:{hashed}")
            progress, account = self._live(tx, hashed, visit.device_cookie, now)
            place = self._known_place(tx, progress.staff_id, visit, now)
            if place is not None or full is None:
                tried = self.app.check(tx, progress.staff_id, place, code, now)
                if tried.right:
                    return self._finish(tx, progress, account, tried, visit, now)
                failed = self._refuse(tx, progress.staff_id, place, tried, visit.origin, now)
        if place is None and full is not None:
            bucket = bucket_of(full, visit.buckets)
            return StaffFailed(self.floods.refuse(full, bucket, visit.origin, now))
        if place is None:
            self.buckets.hit(visit.buckets)
        return failed

    def again(self, acting: Acting, code: str, origin: Origin) -> StaffFailed | None:
        """Try one code in a live session, for an act that matters; None when it was right."""
        now, session = self.clock.now(), acting.session
        with self.database.begin() as tx:
            tried = self.app.check(tx, acting.staff_id, session.id, code, now)
            actor = Actor("staff", acting.staff_id)
            if tried.right and session_store.authenticate_again(tx, session.id, to_micros(now)):
                self.journal.record(
                    tx,
                    EventName.SESSION_REAUTHENTICATED,
                    now,
                    actor=actor,
                    subject=acting.staff_id,
                    session=session.id,
                    origin=origin,
                    decision=tried.decision.as_facts(),
                    data={"way": STAFF_TOTP, "amr": list(BY_PASSWORD_AND_APP)},
                )
                return None
            reference = draw_reference(tx)
            self.journal.record(
                tx,
                EventName.SESSION_REAUTHENTICATION_REFUSED,
                now,
                outcome=REFUSED,
                actor=actor,
                subject=acting.staff_id,
                session=session.id,
                origin=origin,
                decision=tried.decision.as_facts(),
                data={"way": STAFF_TOTP},
                reference=reference,
            )
            budget = staff_totp_budget(acting.staff_id, session.id)
            return StaffFailed(reference, told_to(tx, budget, now))

    def _finish(
        self,
        tx: Tx,
        progress: StaffProgress,
        account: StaffAccount,
        tried: Tried,
        visit: StaffVisit,
        now: datetime,
    ) -> StaffSignedIn:
        tx.lock(f"staff:{account.id}")
        _unchanged(store.find(tx, account.id), progress)
        if not session_store.consume_progress(tx, progress.handle_hash, to_micros(now)):
            raise StaffSignInOver("finished already")
        facts = tried.decision.as_facts()
        return self.sessions.start(tx, account, visit, progress.target, facts, now)

    def _live(
        self, tx: Tx, hashed: str, device: str | None, now: datetime
    ) -> tuple[StaffProgress, StaffAccount]:
        progress = session_store.find_progress(tx, hashed)
        if progress is None or progress.consumed_at is not None or now >= progress.expires_at:
            raise StaffSignInOver("unknown, finished or too old")
        if device is None or progress.browser_hash != hash_token(device):
            raise StaffSignInOver("another browser's")
        return progress, _unchanged(store.find(tx, progress.staff_id), progress)

    def _known_place(self, tx: Tx, staff_id: str, visit: StaffVisit, now: datetime) -> str | None:
        device = hash_token(visit.device_cookie) if visit.device_cookie else ""
        seen = session_store.device_seen_at(tx, staff_id, device)
        fresh = self.policy.policy.roles.sessions.known_device.micros
        return device if seen is not None and seen > to_micros(now) - fresh else None

    def _refuse(
        self,
        tx: Tx,
        staff_id: str,
        place: str | None,
        tried: Tried,
        origin: Origin,
        now: datetime,
    ) -> StaffFailed:
        reference = draw_reference(tx)
        self.journal.record(
            tx,
            EventName.FACTOR_REFUSED,
            now,
            outcome=REFUSED,
            actor=Actor("staff", staff_id),
            subject=staff_id,
            origin=origin,
            decision=tried.decision.as_facts() | (COUNTED if place is None else {}),
            data={"why": "wrong_code", "factor": STAFF_TOTP},
            reference=reference,
        )
        return StaffFailed(reference, told_to(tx, staff_totp_budget(staff_id, place), now))


def _unchanged(account: StaffAccount | None, progress: StaffProgress) -> StaffAccount:
    if (
        account is None
        or account.ended_at is not None
        or account.credentials_changed_at != progress.credentials_changed_at
    ):
        raise StaffSignInOver("the account changed meanwhile")
    return account
