"""The life of a member as random sequences of requests, watched by `World`.

Never a password without what was mailed (or the old one), never a session out of a reset, never a
session, code or token alive after a change of credentials, a stop, a block or the end of a
membership. `STATES=long` tries ten times as many sequences, `STATES=300` as many as it says.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from idp.invariants.model import SUM, Finding
from idp.invariants.service import Invariants
from tests.lifecycle.house import House, open_house
from tests.lifecycle.stranger import Lifecycle
from tests.lifecycle.truth import Kind

SHARES = ((False, "own"), (False, "email"), (True, "own"), (True, "email"))
"""Shipped limits or wide ones; what a new device is asked for (`verification.toml`)."""
IN_CI, LONG = 2_000, 20_000
STEPS = 12
REACHED = (
    "password reset",
    "password changed",
    "address changed",
    "address taken back",
    "stopped by the member",
    "came back",
    "second factor shown",
    "old password refused",
    "overtaken",
    "link misused",
    "form repeated",
    "pages mixed",
)
ENDED_BY = ("reset", "password change", "address change", "stop", "block", "end of membership")
"""What a share of 500 sequences has to have come to, or its silence means nothing."""


def wanted() -> int:
    """Tell how many sequences are to be tried over all shares."""
    told = os.environ.get("STATES", "")
    return LONG if told == "long" else int(told or IN_CI)


def unexplained(house: House) -> list[Finding]:
    """List what stands in the database and not in its log, after all that has happened.

    Accounts and apps are put there by these tests themselves, without an event.
    """
    foundation = house.foundation
    invariants = Invariants(foundation.database, foundation.clock, timedelta(days=400))
    return [
        one
        for one in invariants.examine().findings
        if one.rule == SUM and one.fact not in ("account", "factor totp")
    ]


@pytest.mark.parametrize("share", range(len(SHARES)))
def test_what_has_ended_lets_nobody_in_and_no_password_comes_of_nothing(
    share: int, tmp_path: Path
) -> None:
    shipped_limits, on_new_device = SHARES[share]
    Lifecycle.house = open_house(
        tmp_path, shipped_limits=shipped_limits, on_new_device=on_new_device
    )
    Lifecycle.mail_code_asked = on_new_device == "email"
    Lifecycle.tally = Counter()
    sequences = wanted() // len(SHARES)
    machine = Lifecycle if wanted() == LONG else seed(share)(Lifecycle)  # CI: the same every time
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        ),
    )
    print(json.dumps(dict(sorted(Lifecycle.tally.items())), indent=1))
    assert Lifecycle.tally["sequences"] >= sequences
    assert unexplained(Lifecycle.house) == []
    if sequences >= IN_CI // len(SHARES):
        assert [what for what in REACHED if not Lifecycle.tally[what]] == []
        fresh = [what for what in Lifecycle.tally if ": fresh " in what]
        for why in ENDED_BY:
            assert any(what.startswith(f"{why}:") for what in fresh), f"{why} ended nothing"
        for kind in Kind:
            assert any(f"fresh {kind.value} " in what for what in fresh), f"no {kind} ended"
