"""Acts that one person may do alone, and how many of them before a second one is asked after all.

What policy asks of forty at once it asks of forty one by one: else an act is divided until no part
of it waits for anybody (CWE-799).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.approvals import single_store as store
from idp.clock import to_micros
from idp.inforce.service import PolicyInForce
from idp.policy.approvals import SecondPerson
from idp.storage.sql import Tx


@dataclass(frozen=True)
class Singly:
    """Counts what each person did alone."""

    policy: PolicyInForce

    def is_free(
        self, tx: Tx, rule: SecondPerson | None, requester: str, count: int, now: datetime
    ) -> bool:
        """Tell whether an act on `count` records needs nobody else; it is counted then.

        The act is done in the same transaction: two at once are counted one after the other.
        """
        if rule is None:
            return True
        if rule.from_count == 1 or count >= rule.from_count:
            return False
        tx.lock(f"approval-single:{rule.kind.value}:{requester}")
        before = store.done(tx, requester, rule.kind, self._since(now))
        if before + count >= rule.from_count:
            return False
        store.add(tx, requester, rule.kind, count, to_micros(now))
        return True

    def forget(self, tx: Tx, now: datetime) -> None:
        """Forget what counts no more."""
        store.forget(tx, self._since(now))

    def _since(self, now: datetime) -> int:
        return to_micros(now - self.policy.policy.approvals.counted_over.delta)
