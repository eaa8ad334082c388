"""Replaying recorded attempts under a policy: every counter recomputed, recorded counts withheld.

An attempt that was looked at is decided again when it was settled: by then it alone of its budget's
leases is certain to have had room, whatever was in flight beside it. One that was refused is
decided at its own instant. So, under the policy that was in force, the outcome, the rule and the
end of every block come out as they were.

What a replay cannot know: whether an attempt that was refused unseen would have been right, and
what an attacker or a member would have tried next. Unseen attempts that the other policy lets
through are counted as wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from audit.names import EventName
from idp.attempts.model import Attempt, Facts
from idp.clock import to_micros
from idp.policy.model import LimitName
from idp.rehearsal.counters import ADDRESS_RULES, Counters
from idp.throttle.model import Budget, Outcome, Settled

NO_ADDRESS = frozenset(
    {
        LimitName.CLIENT_SECRET,
        LimitName.SCIM_TOKEN,
        LimitName.MAILS_PER_MAILBOX,
        LimitName.PROVING_MAILS_PER_MAILBOX,
        LimitName.MAILS_PER_ADDRESS,
    }
)
"""Budgets whose attempts do not ask the address buckets."""
_ADDRESS_NAMES = frozenset(rule.value for rule in ADDRESS_RULES)

_SETTLED = {one.value: one for one in Settled}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was recorded of one attempt, and what the replay says."""

    attempt: Attempt
    facts: Facts
    budget: Budget | None
    at: int
    recorded: Outcome
    replayed: Outcome
    rule: LimitName
    retry_at: int | None
    by_address: bool = False

    @property
    def same(self) -> bool:
        """Tell whether the replay reproduces the record: outcome, and for a refusal its reason."""
        if self.recorded is not self.replayed:
            return False
        if self.recorded is Outcome.ALLOW:
            return True
        return self.rule.value == self.facts.rule and self.retry_at == self.facts.retry_at


@dataclass
class Replay:
    """One pass over the stream under one policy."""

    counters: Counters
    given_up: set[str] = field(default_factory=set)
    _budgets: dict[tuple[str, str], Budget] = field(default_factory=dict)

    def run(self, attempts: Iterable[Attempt]) -> Iterable[Verdict]:
        """Give a verdict on each attempt, in order; events that only change counters give none."""
        for attempt in attempts:
            facts = attempt.decision
            if attempt.name == EventName.BLOCK_LIFTED:
                self._lifted(attempt)
            elif attempt.name == EventName.PASSWORD_SET:
                if attempt.data.get("how") == "reset" and attempt.subject:
                    self.counters.forgive_subject(attempt.subject, _at(attempt))
            elif facts is not None and facts.settled:
                yield self._verdict(attempt, facts)

    def _lifted(self, attempt: Attempt) -> None:
        bucket = attempt.data.get("bucket")
        if isinstance(bucket, str):
            self.counters.forgive(bucket, _at(attempt))

    def _verdict(self, attempt: Attempt, facts: Facts) -> Verdict:
        settled = _SETTLED[facts.settled]
        budget = self._budget(attempt, facts)
        settled_at = _at(attempt)
        unseen = settled is Settled.UNSEEN
        at = facts.at if unseen and facts.at else settled_at
        recorded = Outcome.REFUSE if unseen else Outcome.ALLOW
        full = self._address_full(facts, budget, at)
        if budget is None:
            # Nothing but the address stood in the way: a flood, or no secret to guess.
            replayed = Outcome.REFUSE if full is not None else Outcome.ALLOW
            rule = full or LimitName(facts.rule)
            if facts.counts and full is None:
                self.counters.hit(facts.sources, settled_at)
            return Verdict(attempt, facts, None, at, recorded, replayed, rule, None, True)
        if full is None and self.counters.is_untouched(budget):
            self._apply(facts, budget, settled, settled_at)
            allowed = Outcome.ALLOW
            return Verdict(attempt, facts, budget, at, recorded, allowed, budget.rule, None)
        decision = self.counters.decide(budget, at)
        refused = full is not None or decision.outcome is Outcome.REFUSE
        if not refused:
            self._apply(facts, budget, settled, settled_at)
        elif facts.counts and full is None:
            self.counters.hit(facts.sources, settled_at)
        return Verdict(
            attempt,
            facts,
            budget,
            at,
            recorded,
            Outcome.REFUSE if refused else Outcome.ALLOW,
            full or decision.rule,
            None if full or decision.retry_at is None else to_micros(decision.retry_at),
            by_address=full is not None,
        )

    def _apply(self, facts: Facts, budget: Budget, settled: Settled, at: int) -> None:
        if facts.lease and facts.lease in self.given_up and settled is Settled.WRONG:
            return  # it was counted when it was given up
        if settled is Settled.RIGHT:
            self.counters.right(budget, at)
        elif settled is Settled.ABANDONED:
            self.given_up.add(facts.lease)
            self.counters.wrong(budget, facts.at, at)
        else:
            self.counters.wrong(budget, at)
        if facts.counts:
            self.counters.hit(facts.sources, at)

    def _budget(self, attempt: Attempt, facts: Facts) -> Budget | None:
        """Give the budget of an attempt; the same object for all of one budget."""
        place = (facts.budget, facts.key)
        budget = self._budgets.get(place)
        if budget is None and facts.budget:
            budget = facts.budget_of(attempt.subject)
            if budget is not None:
                self._budgets[place] = budget
        return budget

    def _address_full(self, facts: Facts, budget: Budget | None, at: int) -> LimitName | None:
        if budget is not None and (not budget.stranger or budget.rule in NO_ADDRESS):
            return None
        return self.counters.address_full(facts.sources, at)


def _at(attempt: Attempt) -> int:
    return to_micros(datetime.fromisoformat(attempt.occurred_at))
