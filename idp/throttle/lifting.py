"""Lifting blocks: the proven mailbox and staff; what a limit has counted is forgotten with it.

A block made by a person is no limit's: neither the mailbox nor a right answer lifts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from idp.blocks import store as blocks
from idp.blocks.model import Block
from idp.clock import to_micros
from idp.journal.model import NOBODY, Behind
from idp.policy.model import LimitName
from idp.storage.sql import Tx
from idp.throttle.blocking import Blocking
from idp.throttle.budgets import AUTHENTICATORS, authenticator_of, recovery_budget
from idp.throttle.gate import Gate
from idp.throttle.model import Budget

BY_MAILBOX = "a new password was set by the proven mailbox"


@dataclass(frozen=True)
class Lifting:
    """Ends blocks that limits have set, with their counts."""

    gate: Gate
    blocking: Blocking

    def by_mailbox(self, tx: Tx, subject: str, now: datetime) -> None:
        """End every limit's block on an account whose mailbox was proven, and start counting anew.

        Failures of the second factor are forgotten too: its owner would be a stranger on every
        device from here on, and whoever guessed at it has lost the password.
        """
        for one in blocks.running_of(tx, subject, to_micros(now)):
            if one.rule is not None:
                self.by_person(tx, one, Actor("member", subject), BY_MAILBOX, now)
        for kind in AUTHENTICATORS:
            self._forget(tx, authenticator_of(kind, subject), now)
        self.gate.forgive(tx, recovery_budget(subject, None), now)

    def by_person(
        self,
        tx: Tx,
        block: Block,
        actor: Actor,
        reason: str,
        now: datetime,
        behind: Behind = NOBODY,
    ) -> bool:
        """End one block of a limit; False when it was lifted already.

        What stood in its budget is forgotten, or the next attempt would be refused all the same.
        """
        if not self.blocking.lift(tx, block, actor, reason, now, behind):
            return False
        rule, _, key = block.bucket.partition(":")
        name = LimitName(rule)
        if name in (LimitName.CONSECUTIVE_FAILURES, LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS):
            self._forget(tx, key, now)
        elif name not in (LimitName.FAILURES_PER_ADDRESS, LimitName.FAILURES_PER_NETWORK):
            self.gate.forgive(tx, Budget(name, key), now)
        return True

    def _forget(self, tx: Tx, authenticator: str, now: datetime) -> None:
        budget = Budget(LimitName.CONSECUTIVE_FAILURES, authenticator, authenticator)
        self.gate.forgive(tx, budget, now)
