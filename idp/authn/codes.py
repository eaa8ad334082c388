"""Codes people type as a second factor: which of them a code can be, and its check by the gate.

Used at a sign-in and when somebody authenticates again. The shape of what was typed tells a code of
digits from a recovery code, so that there is one field for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.accounts.model import Account
from idp.authn.assurance import BY_CODE, BY_MAIL, Way
from idp.authn.model import Visit
from idp.factors.model import FactorKind
from idp.factors.passkeys import Passkeys
from idp.factors.recovery_codes import RecoveryCodes, looks_like_one
from idp.factors.totp import Totp
from idp.inforce.service import PolicyInForce
from idp.journal.service import REFUSED, Journal
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.policy.model import LimitName
from idp.proving.model import Purpose
from idp.proving.service import Proving
from idp.storage.sql import Tx
from idp.throttle.gate import Gate
from idp.throttle.model import Budget, Decision, Outcome


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a code: by which way it was tried, and what it adds to `amr`."""

    right: bool
    way: str | None
    amr: tuple[str, ...]
    facts: Mapping[str, Any] | None
    budget: Budget | None = None
    """What it was paid from; a known device is told of what stops it."""


@dataclass(frozen=True)
class SecondFactors:
    """Sends codes by mail, and checks codes of every kind."""

    policy: PolicyInForce
    journal: Journal
    gate: Gate
    proving: Proving
    mails: Mails
    totp: Totp
    recovery_codes: RecoveryCodes
    passkeys: Passkeys

    def usable(self, kinds: frozenset[FactorKind]) -> frozenset[FactorKind]:
        """Leave out what cannot work here: passkeys where the issuer has no name."""
        return kinds if self.passkeys.offered else kinds - {FactorKind.PASSKEY}

    def send_code(
        self,
        tx: Tx,
        account: Account,
        flow: str,
        visit: Visit,
        now: datetime,
        purpose: Purpose = Purpose.SIGN_IN,
    ) -> None:
        """Promise a code by mail, unless the mailbox had enough; earlier codes stay good."""
        budget = Budget(LimitName.MAILS_PER_MAILBOX, account.subject)
        decision = self.gate.count_one(tx, budget, now)
        withheld = decision.outcome is not Outcome.ALLOW
        if not withheld:
            lifetime = self.policy.policy.verification.code_lifetime
            issued = self.proving.issue(
                tx,
                purpose,
                flow,
                now,
                lifetime.delta,
                subject=account.subject,
                address=account.address,
            )
            values = {"code": issued.code, "minutes": str(lifetime.seconds // 60)}
            mail = Mail(
                MailKind.SIGN_IN_CODE, account.address, visit.language, values, account.subject
            )
            self.mails.promise(tx, mail, now)
        self.journal.record(
            tx,
            EventName.VERIFICATION_CODE_SENT,
            now,
            outcome=REFUSED if withheld else "done",
            actor=Actor("member", account.subject),
            subject=account.subject,
            origin=visit.origin,
            decision=decision.as_facts(),
            data={"purpose": purpose.value},
        )

    def check(
        self,
        tx: Tx,
        subject: str,
        flow: str,
        ways: tuple[Way, ...],
        code: str,
        now: datetime,
        *,
        place: str | None,
        purpose: Purpose = Purpose.SIGN_IN,
    ) -> Checked:
        """Check a code by the way its shape tells, and use it up if it is right.

        `place` is the known device or the session it comes from, None for a stranger's browser.
        """
        if Way.RECOVERY in ways and looks_like_one(code):
            tried = self.recovery_codes.check(tx, subject, place, code, now)
            return self._checked(tried.right, Way.RECOVERY, tried.decision)
        if Way.APP in ways:
            tried = self.totp.check(tx, subject, place, code, now)
            return self._checked(tried.right, Way.APP, tried.decision)
        if Way.MAIL not in ways:
            return Checked(False, None, (), None)
        found = self.proving.check_code(
            tx, purpose, flow, code, now, second_factor_of=subject, place=place
        )
        proof = found.proof
        right = proof is not None and proof.subject == subject
        right = right and proof is not None and self.proving.spend(tx, proof, now)
        return self._checked(right, Way.MAIL, found.decision)

    def facts_of(self, decision: Decision | None) -> dict[str, Any] | None:
        """Give a decision as it stands in an event."""
        return decision.as_facts() if decision else None

    def _checked(self, right: bool, way: Way, decision: Decision | None) -> Checked:
        amr = BY_MAIL if way is Way.MAIL else BY_CODE
        budget = decision.budget if decision else None
        return Checked(right, way.value, amr if right else (), self.facts_of(decision), budget)
