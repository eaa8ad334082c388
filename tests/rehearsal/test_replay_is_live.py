"""Replay and live are one: recomputed from the log, every decision comes out as it was made.

Random lives of some accounts go through the real gate with its events; then all counters are
computed anew from the stream, with the recorded counts withheld.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.event import Actor
from audit.names import EventName
from idp.assembly.foundation import Foundation
from idp.attempts.model import Attempt
from idp.attempts.reading import attempts_between
from idp.blocks import store as blocks
from idp.clock import to_micros
from idp.policy.folder import read_folder
from idp.rehearsal.counters import Counters
from idp.rehearsal.replay import Replay
from idp.rehearsal.service import Rehearsal
from idp.throttle.budgets import (
    mail_code_budget,
    password_budget,
    recovery_budget,
    totp_budget,
)
from idp.throttle.model import Budget, Decision, Lease, Settled
from tests.stores.conftest import POLICIES

BEGIN = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
NUMBERS, LATER = itertools.count(), itertools.count(1)
PLACES = (None, "phone", "tablet")
STAFF = Actor("operator", "cli:test")

steps = st.lists(
    st.tuples(
        st.sampled_from(["wrong", "wrong", "wrong", "right", "killed", "lift", "reset", "wait"]),
        st.integers(0, 2),  # whose account
        st.sampled_from(PLACES),
        st.sampled_from(["password", "totp", "mail", "recovery"]),
        st.sampled_from([0, 1, 30, 600, 1800, 86_400]),  # seconds until the next
    ),
    max_size=60,
)


class House:
    """The foundation, with a short name for reports of failures."""

    def __init__(self, foundation: Foundation) -> None:
        self.foundation = foundation


@pytest.fixture
def house(foundation: Foundation) -> House:
    return House(foundation)


class Life:
    """Lives through steps at the gate, recording what the services record."""

    def __init__(self, foundation: Foundation, name: str, begin: datetime = BEGIN) -> None:
        self.foundation, self.name, self.now = foundation, name, begin
        self.begin = begin
        self.refused = self.allowed = 0

    def budget(self, who: int, place: str | None, secret: str) -> Budget:
        subject = f"{self.name}-{who}"
        if secret == "password":
            return password_budget(subject, place)
        if secret == "totp":
            return totp_budget(subject, place)
        if secret == "mail":
            return mail_code_budget(f"flow-{subject}", subject, place)
        return recovery_budget(subject, place)

    def step(self, what: str, who: int, place: str | None, secret: str, seconds: int) -> None:
        f, subject = self.foundation, f"{self.name}-{who}"
        if what == "lift":
            self._lift(subject)
        elif what == "reset":
            with f.database.begin() as tx:
                f.lifting.by_mailbox(tx, subject, self.now)
                data = {"how": "reset"}
                f.journal.record(tx, EventName.PASSWORD_SET, self.now, subject=subject, data=data)
        elif what != "wait":
            self._attempt(what, self.budget(who, place, secret))
        self.now += timedelta(seconds=seconds, microseconds=1)

    def _attempt(self, what: str, budget: Budget) -> None:
        f = self.foundation
        with f.database.begin() as tx:
            spent = f.gate.spend(tx, budget, self.now)
            if isinstance(spent, Decision) and spent.outcome.value == "refuse":
                self._record(tx, budget, spent.after(Settled.UNSEEN))
                self.refused += 1
        self.now += timedelta(milliseconds=25)
        if not isinstance(spent, Lease) or what == "killed":
            return
        self.allowed += 1
        with f.database.begin() as tx:
            settle = f.gate.settle_right if what == "right" else f.gate.settle_wrong
            self._record(tx, budget, settle(tx, spent, self.now))

    def _record(self, tx: Any, budget: Budget, decision: Decision) -> None:
        self.foundation.journal.record(
            tx,
            EventName.SIGN_IN_REFUSED,
            self.now,
            subject=budget.subject,
            decision=decision.as_facts(),
        )

    def _lift(self, subject: str) -> None:
        f = self.foundation
        with f.database.begin() as tx:
            for one in blocks.running_of(tx, subject, to_micros(self.now)):
                f.lifting.by_person(tx, one, STAFF, "test", self.now)


def stream(foundation: Foundation, name: str) -> list[Attempt]:
    """Read the attempts of one life back, every recorded count withheld."""
    found = [
        one
        for one in attempts_between(foundation.database, BEGIN, BEGIN + timedelta(days=3000))
        if (one.subject or "").startswith(f"{name}-")
    ]
    return [
        msgspec.structs.replace(
            one,
            decision=msgspec.structs.replace(
                one.decision, failed=-1, in_flight=-1, row=-1, row_of_strangers=-1, limit=-1
            ),
        )
        if one.decision
        else one
        for one in found
    ]


@given(steps=steps)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_decision_is_reproduced_from_the_log(house: House, steps: list[Any]) -> None:
    foundation = house.foundation
    life = Life(foundation, f"life{next(NUMBERS)}")
    for step in steps:
        life.step(*step)
    policy = foundation.policy
    replay = Replay(Counters(policy.policy.limits, policy.digest))
    verdicts = list(replay.run(stream(foundation, life.name)))
    assert [one for one in verdicts if not one.same] == []
    assert sum(one.recorded.value == "refuse" for one in verdicts) == life.refused
    assert sum(one.recorded.value == "allow" for one in verdicts) >= life.allowed
    with foundation.database.read() as tx:
        live = {
            (one.bucket, to_micros(one.started_at), to_micros(one.until) if one.until else None)
            for who in range(3)
            for one in blocks.of_subject(tx, f"{life.name}-{who}", 0)
        }
    replayed = {(one.bucket, one.started_at, one.until) for one in replay.counters.made}
    assert live == replayed


@pytest.fixture
def attacked(foundation: Foundation) -> Life:
    """A member whose password is guessed at for a week, and who signs in every morning."""
    life = Life(foundation, f"attacked{next(NUMBERS)}", BEGIN + timedelta(days=4000 * next(LATER)))
    for _ in range(7):
        life.step("right", 0, "phone", "password", 3600)
        for _ in range(40):
            life.step("wrong", 0, None, "password", 60)
        life.step("wait", 0, None, "password", 86_400 - 3600 - 2400)
    return life


def proposal_with(tmp_path: Path, *changes: tuple[str, str]) -> Any:
    for file in POLICIES.glob("*.toml"):
        text = file.read_text("utf-8")
        for old, new in changes if file.name == "limits.toml" else ():
            assert old in text
            text = text.replace(old, new)
        (tmp_path / file.name).write_text(text, "utf-8")
    return read_folder(tmp_path)


def test_a_stricter_policy_cuts_the_attack_earlier_and_harms_whom_it_harms(
    foundation: Foundation, attacked: Life, tmp_path: Path
) -> None:
    strict = proposal_with(tmp_path, ('count = 5\nperiod = "15m"', 'count = 2\nperiod = "15m"'))
    found = Rehearsal(foundation.database).rehearse(strict, attacked.begin, attacked.now)
    assert found.differences.others == []
    assert found.differences.reproduced == attacked.allowed + attacked.refused
    longest = found.findings.runs[0]
    assert longest.looked_at < longest.looked_at_then
    assert longest.cut_at is not None
    assert found.findings.harmed == 0, "the owner's phone has a budget of its own"


def test_a_policy_without_a_reserve_would_have_harmed_the_owner(
    foundation: Foundation, attacked: Life, tmp_path: Path
) -> None:
    # Everybody shares one row of failures, and it is short.
    harmful = proposal_with(
        tmp_path, ("count = 100\non", "count = 3\non"), ("count = 50", "count = 3")
    )
    found = Rehearsal(foundation.database).rehearse(harmful, attacked.begin, attacked.now)
    assert found.differences.others == []
    assert found.findings.harmed > 0
    assert f"{attacked.name}-0" in found.findings.harmed_accounts
