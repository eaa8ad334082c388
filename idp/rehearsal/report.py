"""What a rehearsal found: who is harmed, who is let go, which attacks are cut and when; pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from idp.rehearsal.counters import Set
from idp.rehearsal.replay import Verdict
from idp.throttle.model import Outcome, Settled

DAY = 86_400_000_000
RUN_GAP = 3_600_000_000
LONG_RUN = 10
MOST_LISTED = 20


@dataclass
class Run:
    """Failures on one budget with no right answer between them and no hour without any."""

    bucket: str
    began_at: int
    last_at: int
    attempts: int = 0
    looked_at: int = 0
    looked_at_then: int = 0
    cut_at: int | None = None
    """When the rehearsed policy refused first."""

    def add(self, verdict: Verdict) -> None:
        """Count one more attempt."""
        self.attempts += 1
        self.last_at = verdict.at
        self.looked_at_then += verdict.recorded is Outcome.ALLOW
        self.looked_at += verdict.replayed is Outcome.ALLOW
        if verdict.replayed is Outcome.REFUSE and self.cut_at is None:
            self.cut_at = verdict.at


@dataclass
class Differences:
    """Decisions that a replay under the policy in force did not reproduce."""

    reproduced: int = 0
    overshot: int = 0
    """Allowed then, while the recomputed address window was full: what was in flight beside it."""
    address_windows: int = 0
    """Refusals of an address that the recorded failures do not explain: windows kept elsewhere."""
    others: list[Verdict] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        """Sort one verdict."""
        if verdict.same:
            self.reproduced += 1
        elif verdict.by_address and verdict.recorded is Outcome.ALLOW:
            self.overshot += 1
        elif verdict.by_address or verdict.budget is None:
            self.address_windows += 1
        else:
            self.others.append(verdict)


@dataclass
class Findings:
    """What another policy would have changed."""

    attempts: int = 0
    refused_then: int = 0
    refused: int = 0
    harmed: int = 0
    """Right answers that were taken then and would have been refused."""
    harmed_accounts: set[str] = field(default_factory=set)
    released: int = 0
    """Attempts refused then that would have been looked at."""
    refused_later_right: set[str] = field(default_factory=set)
    """Accounts refused now that were signed in to rightly within a day of it."""
    runs: list[Run] = field(default_factory=list)
    _open: dict[str, Run] = field(default_factory=dict)
    _refused_at: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, verdict: Verdict) -> None:
        """Take one attempt in."""
        self.attempts += verdict.facts.count
        self.refused_then += verdict.facts.count * (verdict.recorded is Outcome.REFUSE)
        self.refused += verdict.facts.count * (verdict.replayed is Outcome.REFUSE)
        subject = verdict.attempt.subject
        right = verdict.facts.settled == Settled.RIGHT
        if verdict.replayed is Outcome.REFUSE and verdict.recorded is Outcome.ALLOW:
            if right:
                self.harmed += 1
                self.harmed_accounts |= {subject} if subject else set()
            if subject:
                self._refused_at[subject].append(verdict.at)
        elif verdict.recorded is Outcome.REFUSE and verdict.replayed is Outcome.ALLOW:
            self.released += verdict.facts.count
        if right and subject and self._refused_within_a_day(subject, verdict.at):
            self.refused_later_right.add(subject)
        if verdict.budget is not None:
            self._run(verdict, right=right)

    def _refused_within_a_day(self, subject: str, at: int) -> bool:
        refused = self._refused_at.get(subject)
        return bool(refused) and at - DAY <= refused[-1] <= at  # type: ignore[index]

    def _run(self, verdict: Verdict, *, right: bool) -> None:
        assert verdict.budget is not None
        bucket = verdict.budget.bucket
        run = self._open.get(bucket)
        if run is not None and (right or verdict.at - run.last_at > RUN_GAP):
            self._close(bucket)
            run = None
        if right:
            return
        if run is None:
            run = self._open[bucket] = Run(bucket, verdict.at, verdict.at)
        run.add(verdict)

    def _close(self, bucket: str) -> None:
        run = self._open.pop(bucket)
        if run.attempts >= LONG_RUN:
            self.runs.append(run)

    def finish(self) -> None:
        """Close what is open, the longest runs first."""
        for bucket in list(self._open):
            self._close(bucket)
        self.runs.sort(key=lambda run: -run.attempts)


def blocked_only_in(these: list[Set], those: list[Set]) -> list[Set]:
    """List the blocks on accounts in `these` that touch none in `those`."""
    others: dict[str, list[Set]] = defaultdict(list)
    for one in those:
        others[one.bucket].append(one)
    return [one for one in these if not any(_meet(one, other) for other in others[one.bucket])]


def _meet(one: Set, other: Set) -> bool:
    ends = one.until is None or one.until > other.started_at
    begins = other.until is None or other.until > one.started_at
    return ends and begins
