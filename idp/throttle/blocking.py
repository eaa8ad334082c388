"""Setting blocks: in the act of the failure that reaches a limit, with its event and its notice.

A block is told once, to the mailbox of the account it stands on; one on an address nobody has an
account for costs and writes the same, and its mail goes to nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.event import Actor, Personal, new_id
from audit.names import EventName
from idp.blocks import store as blocks
from idp.blocks.model import BY_A_LIMIT, Block, Evidence, Kind, Scope, length_of
from idp.blocks.words import explained
from idp.clock import from_micros, to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.model import NOBODY, Behind
from idp.journal.service import DONE, SYSTEM, Journal
from idp.metrics import BLOCKS
from idp.policy.model import LimitName, Notify
from idp.storage.sql import Tx
from idp.subjects.service import stranger
from idp.throttle import store
from idp.throttle.model import Budget, Decision
from idp.throttle.references import draw_reference
from idp.throttle.store import State

Notice = Callable[[Tx, Block, datetime], None]
"""Tells the owner of an account of a block, in the transaction that sets it."""

_WHOLE, _STRANGERS = LimitName.CONSECUTIVE_FAILURES, LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS
RIGHT_ANSWER: Final = "a right answer from a browser that is known"


@dataclass(frozen=True)
class Blocking:
    """Sets the blocks of limits, and ends those that a right answer ends."""

    policy: PolicyInForce
    journal: Journal
    notice: Notice

    def after_failure(self, tx: Tx, budget: Budget, now: datetime) -> None:
        """Set what follows from a failure that was just counted, under the lock of its budget."""
        limits = self.policy.policy.limits
        own = limits[budget.rule]
        if own.then is None and budget.authenticator is None:
            return
        at = to_micros(now)
        state = store.state(tx, budget, at)
        failures = state.failures(budget.bucket, at, own.window_micros)
        if own.then is not None and len(failures) >= own.count and state.blocked_by is None:
            self._set_timed(tx, budget, state, failures, now)
        if budget.authenticator is not None:
            self._set_for_row(tx, budget, state, failures, now)

    def after_success(self, tx: Tx, decision: Decision, now: datetime) -> None:
        """End the blocks on a row of failures that was at its end; a right answer starts anew."""
        limits, spent = self.policy.policy.limits, decision.spent
        budget = decision.budget
        for rule, counted in (
            (_STRANGERS, spent.row_of_strangers + spent.row_of_strangers_in_flight),
            (_WHOLE, spent.row + spent.row_in_flight),
        ):
            if counted >= limits[rule].count:
                bucket = f"{rule.value}:{budget.authenticator}"
                for one in blocks.running_on(tx, bucket, to_micros(now)):
                    owner = Actor(one.subject_kind.value, budget.subject)
                    actor = owner if budget.subject else SYSTEM
                    self.lift(tx, one, actor, RIGHT_ANSWER, now)

    def lift(
        self,
        tx: Tx,
        block: Block,
        actor: Actor,
        reason: str,
        now: datetime,
        behind: Behind = NOBODY,
    ) -> bool:
        """Lift one block, with its event; False when somebody was quicker.

        The failures it was set for are another matter (`Gate.forgive`).
        """
        return lift_block(self.journal, tx, block, actor, reason, now, behind)

    def _set_timed(
        self, tx: Tx, budget: Budget, state: State, failures: list[int], now: datetime
    ) -> None:
        limit = self.policy.policy.limits[budget.rule]
        assert limit.then is not None
        before = blocks.count_since(tx, budget.bucket, state.succeeded_at)
        length = length_of(limit.then, before)
        evidence = Evidence(
            len(failures), from_micros(failures[0]), from_micros(failures[-1]), limit.window_seconds
        )
        kind, scope = _KINDS[budget.rule] if budget.stranger else (Kind.DEVICE, Scope.DEVICE)
        until = now + length if length else None
        self._set(tx, budget, budget.rule, budget.bucket, kind, scope, evidence, until, now)

    def _set_for_row(
        self, tx: Tx, budget: Budget, state: State, failures: list[int], now: datetime
    ) -> None:
        limits = self.policy.policy.limits
        first = from_micros(failures[0]) if failures else now
        for rule, counted, scope in (
            (_STRANGERS, state.strangers, Scope.STRANGERS),
            (_WHOLE, state.strangers + state.known, Scope.EVERYONE),
        ):
            # At the failure that reaches it, and only then: a block is told of once.
            grew = budget.stranger or rule is _WHOLE
            if grew and counted == limits[rule].count and limits[rule].then is not None:
                bucket = f"{rule.value}:{budget.authenticator}"
                evidence = Evidence(counted, first, now, None)
                kind = Kind.AUTHENTICATOR
                self._set(tx, budget, rule, bucket, kind, scope, evidence, None, now)

    def _set(
        self,
        tx: Tx,
        budget: Budget,
        rule: LimitName,
        bucket: str,
        kind: Kind,
        scope: Scope,
        evidence: Evidence,
        until: datetime | None,
        now: datetime,
    ) -> None:
        block = Block(
            id=new_id(now),
            kind=kind,
            scope=scope,
            subject=budget.subject,
            bucket=bucket,
            rule=rule,
            made_by=BY_A_LIMIT,
            policy_digest=self.policy.digest,
            evidence=evidence,
            reason=None,
            reference=draw_reference(tx),
            started_at=now,
            until=until,
        )
        blocks.add(tx, block)
        BLOCKS.labels(rule.value).inc()
        record_start(self.journal, tx, block, now)
        then = self.policy.policy.limits[rule].then
        if then is not None and Notify(block.subject_kind.value) in then.notify:
            self.notice(tx, block, now)


_KINDS: Final = {
    LimitName.PASSWORD_FROM_UNKNOWN_DEVICE: (Kind.ACCOUNT, Scope.STRANGERS),
    LimitName.PASSWORD_FROM_KNOWN_DEVICE: (Kind.DEVICE, Scope.DEVICE),
    LimitName.REAUTHENTICATION: (Kind.DEVICE, Scope.DEVICE),
    LimitName.STAFF_PASSWORD_FROM_UNKNOWN_DEVICE: (Kind.ACCOUNT, Scope.STRANGERS),
    LimitName.STAFF_PASSWORD_FROM_KNOWN_DEVICE: (Kind.DEVICE, Scope.DEVICE),
    LimitName.STAFF_TOTP: (Kind.AUTHENTICATOR, Scope.STRANGERS),
    LimitName.TOTP: (Kind.AUTHENTICATOR, Scope.STRANGERS),
    LimitName.RECOVERY_CODE: (Kind.AUTHENTICATOR, Scope.STRANGERS),
}


def lift_block(
    journal: Journal,
    tx: Tx,
    block: Block,
    actor: Actor,
    reason: str,
    now: datetime,
    behind: Behind = NOBODY,
) -> bool:
    """Lift one block, with its event; False when somebody was quicker."""
    by = str(actor.id or actor.kind)
    at_address = block.kind is Kind.ADDRESS
    if not blocks.lift(tx, block.id, to_micros(now), by, reason):
        return False
    journal.record(
        tx,
        EventName.BLOCK_LIFTED,
        now,
        actor=actor,
        subject=block.subject,
        session=behind.session,
        origin=behind.origin,
        data={
            **behind.data,
            "block": block.id,
            "rule": block.rule.value if block.rule else None,
            "bucket": Personal(block.bucket, stranger(now)) if at_address else block.bucket,
            "reason": reason,
        },
    )
    return True


def record_start(
    journal: Journal,
    tx: Tx,
    block: Block,
    now: datetime,
    *,
    actor: Actor = SYSTEM,
    bucket: Personal | None = None,
) -> None:
    """Record that a block began: what it stops, why, until when, in the words people read.

    `bucket` is given where an address stands in it.
    """
    found = block.evidence
    journal.record(
        tx,
        EventName.BLOCK_STARTED,
        now,
        outcome=DONE,
        actor=actor,
        subject=block.subject,
        data={
            "block": block.id,
            "kind": block.kind.value,
            "scope": block.scope.value,
            "rule": block.rule.value if block.rule else None,
            "bucket": bucket or block.bucket,
            "failed": found.failed if found else None,
            "until": to_micros(block.until) if block.until else None,
            "policy": block.policy_digest,
            "explained": {
                "ja": explained(block, "ja"),
                "en": explained(block, "en"),
            },
        },
        reference=block.reference,
    )
