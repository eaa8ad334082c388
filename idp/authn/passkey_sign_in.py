"""Signing in with a passkey: without an address, or as the second step after a password.

Nobody is named before the answer is right, so there is nothing to find out by asking. The answer
stands for possession and user verification at once; no further factor is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.authn.assurance import BY_PASSKEY, Way
from idp.authn.codes import Checked
from idp.authn.model import Failed, NoAccess, SignedIn, Visit
from idp.authn.second_steps import SecondSteps
from idp.authn.sign_in_sessions import Proven
from idp.factors.passkeys import Answered, Purpose, Question
from idp.journal.service import REFUSED
from idp.sessions import store as sessions
from idp.sessions.model import why_inactive
from idp.storage.sql import Tx
from idp.throttle.buckets import COUNTED, NO_BUDGET, bucket_of
from idp.throttle.references import draw_reference


@dataclass(frozen=True, slots=True)
class PasskeyAnswer:
    """What a browser sent back; `progress` is the handle of a second step, if it answers one."""

    handle: str
    credential: str
    target: str
    progress: str
    shared_device: bool


@dataclass(frozen=True)
class PasskeySignIn:
    """Asks for a passkey and signs its member in."""

    steps: SecondSteps

    @property
    def offered(self) -> bool:
        """Tell whether the pages may offer it."""
        return self.steps.factors.passkeys.offered

    def ask(self, visit: Visit) -> Question:
        """Ask the browser for a passkey."""
        now = self.steps.clock.now()
        with self.steps.database.begin() as tx:
            device = visit.device_cookie or ""
            return self.steps.factors.passkeys.ask(tx, Purpose.SIGN_IN, device, now)

    def sign_in(self, answer: PasskeyAnswer, visit: Visit) -> SignedIn | Failed | NoAccess:
        """Take the browser's answer; raises `SignInOver` for a second step that is over."""
        full = self.steps.buckets.exhausted(visit.buckets)
        now = self.steps.clock.now()
        if full is not None:
            bucket = bucket_of(full, visit.buckets)
            return Failed(self.steps.floods.refuse(full, bucket, visit.origin, now))
        with self.steps.database.begin() as tx:
            answered = self.steps.factors.passkeys.check(
                tx,
                Purpose.SIGN_IN,
                answer.handle,
                visit.device_cookie or "",
                answer.credential,
                now,
            )
            if answered.subject is None:
                failed = self._refuse(tx, visit, answered, now, "wrong_passkey")
            elif answer.progress:
                return self._second_step(tx, answer, answered, visit, now)
            else:
                return self._alone(tx, answer, answered, answered.subject, visit, now)
        self.steps.buckets.hit(visit.buckets)
        return failed

    def _alone(
        self,
        tx: Tx,
        answer: PasskeyAnswer,
        answered: Answered,
        subject: str,
        visit: Visit,
        now: datetime,
    ) -> SignedIn | NoAccess | Failed:
        facts = sessions.subject_facts(tx, subject)
        if facts is None:
            return self._refuse(tx, visit, answered, now, "unknown_account")
        why = why_inactive(facts, False, now, now)
        if why is not None:
            return NoAccess(why, self._refuse(tx, visit, answered, now, why.value).reference)
        decision = self.steps.factors.facts_of(answered.decision)
        proven = Proven(subject, decision, BY_PASSKEY, answer.shared_device, answer.target)
        return self.steps.sessions.start(tx, visit, proven, now)

    def _second_step(
        self, tx: Tx, answer: PasskeyAnswer, answered: Answered, visit: Visit, now: datetime
    ) -> SignedIn | NoAccess | Failed:
        """Finish the sign-in of a password, if the passkey is the same member's."""
        progress = self.steps.live(tx, answer.progress, visit.device_cookie, now)
        if progress.subject != answered.subject:
            return self._refuse(tx, visit, answered, now, "another_member")
        facts = self.steps.factors.facts_of(answered.decision)
        checked = Checked(True, Way.PASSKEY.value, BY_PASSKEY, facts)
        return self.steps.finish(tx, progress, checked, visit, now)

    def _refuse(self, tx: Tx, visit: Visit, answered: Answered, now: datetime, why: str) -> Failed:
        subject = answered.subject
        factors = self.steps.factors
        reference = draw_reference(tx)
        self.steps.journal.record(
            tx,
            EventName.SIGN_IN_REFUSED,
            now,
            outcome=REFUSED,
            actor=Actor("member", subject) if subject else Actor("anonymous"),
            subject=subject,
            origin=visit.origin,
            decision={**(factors.facts_of(answered.decision) or NO_BUDGET), **COUNTED}
            if subject is None
            else factors.facts_of(answered.decision),
            data={"why": why, "factor": Way.PASSKEY.value},
            reference=reference,
        )
        return Failed(reference)
