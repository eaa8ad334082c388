"""The second step of a sign-in: what is asked after a right password, and what answers it.

A sign-in in progress is bound to the browser and to the credentials it began with, lives shortly
and is finished once; the session starts only here. So no page can be reached, and no device is
known, by leaving the step out (CVE-2025-12760: the code was asked for, and any other address worked
without it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.authn import store
from idp.authn.assurance import BY_PASSWORD, PASSWORD, Way, asks, target, ways
from idp.authn.codes import Checked, SecondFactors
from idp.authn.model import (
    Attempt,
    CodeNeeded,
    Failed,
    NoAccess,
    Progress,
    SignedIn,
    SignInOver,
    Visit,
)
from idp.authn.sign_in_sessions import Proven, SignInSessions
from idp.clock import Clock, to_micros
from idp.factors import store as factors
from idp.floods.service import Floods
from idp.inforce.service import PolicyInForce
from idp.journal.service import REFUSED, Journal
from idp.lifecycle.credentials import hold_account
from idp.sessions import store as sessions
from idp.sessions.model import why_inactive
from idp.storage.secret_text import draw_token, hash_token
from idp.storage.sql import Database, Tx
from idp.throttle.buckets import COUNTED, NO_BUDGET, Buckets, bucket_of
from idp.throttle.references import draw_reference
from idp.throttle.telling import told_to


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of a second step shows."""

    ways: tuple[Way, ...]
    target: str


@dataclass(frozen=True)
class SecondSteps:
    """Begins second steps, and takes their answers."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    buckets: Buckets
    floods: Floods
    factors: SecondFactors
    sessions: SignInSessions

    def asked(
        self,
        tx: Tx,
        subject: str,
        wanted: tuple[str, ...],
        device_known: bool,
        *,
        has_factors: bool,
    ) -> tuple[Way, ...]:
        """Tell by which ways somebody has to go on; none when the password was enough."""
        rules = self.policy.policy.verification
        rule = rules.on_known_device if device_known else rules.on_new_device
        kinds = self.factors.usable(factors.kinds_of(tx, subject) if has_factors else frozenset())
        return asks(rule, kinds, wanted)

    def begin(
        self,
        tx: Tx,
        attempt: Attempt,
        account: Account,
        open_ways: tuple[Way, ...],
        decision: Mapping[str, Any],
        now: datetime,
    ) -> CodeNeeded:
        """Keep a right password until the second factor is there; a code by mail is promised."""
        handle, at = draw_token(), to_micros(now)
        visit = attempt.visit
        store.add(
            tx,
            handle_hash=hash_token(handle),
            browser_hash=hash_token(visit.device_cookie or ""),
            subject=account.subject,
            credentials_changed_at=to_micros(account.credentials_changed_at),
            amr=" ".join(BY_PASSWORD),
            request=attempt.target,
            wanted=" ".join(attempt.wanted),
            shared_device=int(attempt.shared_device),
            created_at=at,
            expires_at=at + self.policy.policy.verification.in_progress.micros,
        )
        self.journal.record(
            tx,
            EventName.SIGN_IN_CONTINUED,
            now,
            actor=Actor("member", account.subject),
            subject=account.subject,
            origin=visit.origin,
            decision=decision,
            data={"ways": [way.value for way in open_ways]},
        )
        if Way.MAIL in open_ways:
            self.factors.send_code(tx, account, hash_token(handle), visit, now)
        return CodeNeeded(handle)

    def show(self, handle: str, device: str | None) -> Shown:
        """Tell what to ask a browser for; raises `SignInOver`."""
        with self.database.read() as tx:
            progress = self._live(tx, hash_token(handle), device, self.clock.now())
            return Shown(self._ways(tx, progress), progress.request)

    def resend(self, handle: str, visit: Visit) -> None:
        """Send another code; the first stays good. Raises `SignInOver`."""
        now = self.clock.now()
        with self.database.begin() as tx:
            progress = self._live(tx, hash_token(handle), visit.device_cookie, now)
            account = accounts.find(tx, progress.subject)
            if account is not None and Way.MAIL in self._ways(tx, progress):
                self.factors.send_code(tx, account, progress.handle_hash, visit, now)

    def verify(self, handle: str, code: str, visit: Visit) -> SignedIn | Failed | NoAccess:
        """Try one code (already folded); raises `SignInOver`."""
        full = self.buckets.exhausted(visit.buckets)
        hashed, now = hash_token(handle), self.clock.now()
        with self.database.begin() as tx:
            tx.lock(f"sign-in:{hashed}")
            progress = self._live(tx, hashed, visit.device_cookie, now)
            place = self._known_place(tx, progress.subject, visit, now)
            if place is not None or full is None:
                open_ways = self._ways(tx, progress)
                checked = self.factors.check(
                    tx, progress.subject, hashed, open_ways, code, now, place=place
                )
                if checked.right:
                    return self.finish(tx, progress, checked, visit, now)
                failed = self._refuse(tx, progress, visit, checked, now, known=place is not None)
        if place is None and full is not None:
            bucket = bucket_of(full, visit.buckets)
            return Failed(self.floods.refuse(full, bucket, visit.origin, now))
        if place is None:
            self.buckets.hit(visit.buckets)
        return failed

    def finish(
        self, tx: Tx, progress: Progress, checked: Checked, visit: Visit, now: datetime
    ) -> SignedIn | NoAccess:
        """Start the session of a sign-in whose second factor was right; raises `SignInOver`."""
        hold_account(tx, progress.subject)
        facts = sessions.subject_facts(tx, progress.subject)
        if facts is None or facts.credentials_changed_at != progress.credentials_changed_at:
            raise SignInOver("the password was changed meanwhile")
        if not store.consume(tx, progress.handle_hash, to_micros(now)):
            raise SignInOver("finished already")
        why = why_inactive(facts, False, now, now)
        if why is not None:
            reference = self._refuse(tx, progress, visit, checked, now, why.value).reference
            return NoAccess(why, reference)
        proven = Proven(
            progress.subject,
            checked.facts,
            (*progress.amr, *checked.amr),
            progress.shared_device,
            progress.request,
        )
        return self.sessions.start(tx, visit, proven, now)

    def live(self, tx: Tx, handle: str, device: str | None, now: datetime) -> Progress:
        """Find a sign-in in progress of this browser; raises `SignInOver`."""
        return self._live(tx, hash_token(handle), device, now)

    def _live(self, tx: Tx, hashed: str, device: str | None, now: datetime) -> Progress:
        progress = store.find(tx, hashed)
        if progress is None or progress.consumed_at is not None or now >= progress.expires_at:
            raise SignInOver("unknown, finished or too old")
        if device is None or progress.browser_hash != hash_token(device):
            raise SignInOver("another browser's")
        facts = sessions.subject_facts(tx, progress.subject)
        if facts is None or facts.credentials_changed_at != progress.credentials_changed_at:
            raise SignInOver("the password was changed meanwhile")
        return progress

    def _ways(self, tx: Tx, progress: Progress) -> tuple[Way, ...]:
        kinds = self.factors.usable(factors.kinds_of(tx, progress.subject))
        return ways(kinds, target(progress.wanted, kinds) or PASSWORD)

    def _known_place(self, tx: Tx, subject: str, visit: Visit, now: datetime) -> str | None:
        """Give the device if the account knows it: it has budgets of its own."""
        device = hash_token(visit.device_cookie) if visit.device_cookie else ""
        seen = sessions.device_seen_at(tx, subject, device)
        fresh = self.policy.policy.sessions.known_device.micros
        return device if seen is not None and seen > to_micros(now) - fresh else None

    def _refuse(
        self,
        tx: Tx,
        progress: Progress,
        visit: Visit,
        checked: Checked,
        now: datetime,
        why: str = "wrong_code",
        *,
        known: bool = False,
    ) -> Failed:
        reference = draw_reference(tx)
        self.journal.record(
            tx,
            EventName.FACTOR_REFUSED,
            now,
            outcome=REFUSED,
            actor=Actor("member", progress.subject),
            subject=progress.subject,
            origin=visit.origin,
            decision=checked.facts if known else {**(checked.facts or NO_BUDGET), **COUNTED},
            data={"why": why, "factor": checked.way},
            reference=reference,
        )
        return Failed(reference, told_to(tx, checked.budget, now))
