"""The life of a member as random sequences of requests, watched by `World` (design: members)."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.lifecycle.house import open_house
from tests.lifecycle.stranger import Lifecycle
from tests.lifecycle.world import describe

SHARES = (
    # limits as shipped, what a new device is asked for
    (False, "own"),
    (False, "email"),
    (False, "own"),
    (True, "email"),
)
SEQUENCES = 20_000 if os.environ.get("STATES") == "long" else 2_000
STEPS = 14


@pytest.mark.parametrize("share", range(len(SHARES)))
def test_no_sequence(share: int, tmp_path: Path) -> None:
    shipped_limits, on_new_device = SHARES[share]
    Lifecycle.house = open_house(
        tmp_path, shipped_limits=shipped_limits, on_new_device=on_new_device
    )
    Lifecycle.mail_code_asked = on_new_device == "email"
    Lifecycle.tally = Counter()
    run_state_machine_as_test(
        Lifecycle,
        settings=settings(
            max_examples=SEQUENCES // len(SHARES),
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(describe(Lifecycle.tally))
