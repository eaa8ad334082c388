"""Rehearsing a policy over a period, and checking that the log explains what was decided in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.attempts.model import Attempt
from idp.attempts.reading import attempts_between
from idp.clock import to_micros
from idp.inforce import store as policies
from idp.inforce.service import read_active
from idp.policy.folder import Proposal
from idp.rehearsal.counters import Counters, Set
from idp.rehearsal.replay import Replay
from idp.rehearsal.report import Differences, Findings, blocked_only_in
from idp.storage.sql import Database

WARM_UP = timedelta(days=31)
"""What lies before the period is gone through as well: budgets and rows were not empty then."""


@dataclass(frozen=True)
class Rehearsed:
    """The result: what the log explains, and what the other policy changes."""

    begin: datetime
    end: datetime
    digests: tuple[str, ...]
    proposed: str
    differences: Differences
    findings: Findings
    blocked_anew: list[Set]
    blocked_no_more: list[Set]
    blocks_then: int
    blocks: int


@dataclass
class _Then:
    """The counters under the policies that were in force, following their changes."""

    database: Database
    replay: Replay | None = None
    digests: list[str] = field(default_factory=list)

    def follow(self, digest: str) -> Replay:
        if self.replay is None or self.replay.counters.digest != digest:
            limits = self._read(digest).policy.limits
            if self.replay is None:
                self.replay = Replay(Counters(limits, digest))
            else:
                self.replay.counters.limits = limits
                self.replay.counters.digest = digest
            if digest not in self.digests:
                self.digests.append(digest)
        return self.replay

    def _read(self, digest: str) -> Proposal:
        with self.database.read() as tx:
            texts = policies.find_text(tx, digest)
        if texts is None:
            raise LookupError(f"the policy {digest} stands in no activation")
        return read_active(json.dumps(texts))


@dataclass(frozen=True)
class Rehearsal:
    """Replays the log."""

    database: Database

    def rehearse(
        self,
        proposed: Proposal,
        begin: datetime,
        end: datetime,
        progress: Callable[[int], None] = lambda _count: None,
    ) -> Rehearsed:
        """Go through the attempts of a period twice at once: as it was, and as it would have been.

        Raises `LookupError` when a decision names a policy that was never in force here.
        """
        then, differences, findings = _Then(self.database), Differences(), Findings()
        other = Replay(Counters(proposed.policy.limits, proposed.digest))
        first = to_micros(begin)
        stream = attempts_between(self.database, begin - WARM_UP, end, progress)
        for attempt in stream:
            digest = attempt.decision.policy if attempt.decision else ""
            replay = then.follow(digest) if digest else then.replay
            inside = _instant(attempt) >= first
            for verdict in replay.run([attempt]) if replay is not None else ():
                if inside:
                    differences.add(verdict)
            for verdict in other.run([attempt]):
                if inside:
                    findings.add(verdict)
        findings.finish()
        made_then = list(_inside(then.replay.counters.made, first)) if then.replay else []
        made = list(_inside(other.counters.made, first))
        return Rehearsed(
            begin,
            end,
            tuple(then.digests),
            proposed.digest,
            differences,
            findings,
            blocked_only_in(made, made_then),
            blocked_only_in(made_then, made),
            len(made_then),
            len(made),
        )


def _inside(made: list[Set], first: int) -> Iterator[Set]:
    return (one for one in made if one.started_at >= first)


def _instant(attempt: Attempt) -> int:
    return to_micros(datetime.fromisoformat(attempt.occurred_at))
