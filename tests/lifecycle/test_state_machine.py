"""The life of a member as random sequences of requests, watched by `World`.

Never a password without what was mailed (or the old one), never a session out of a reset, never a
session, code or token alive after a change of credentials, a stop, a block or the end of a
membership. `STATES=long` tries 25 times as many sequences, `STATES=300` as many as it says.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from idp.invariants.model import SUM, Finding
from idp.invariants.service import Invariants
from tests.lifecycle.house import House, open_house
from tests.lifecycle.stranger import Lifecycle
from tests.lifecycle.truth import Kind

SHARES = ((False, "own"), (False, "email"), (True, "own"), (True, "email"))
"""Shipped limits or wide ones; what a new device is asked for (`verification.toml`)."""
IN_CI, LONG, ENOUGH = 800, 20_000, 500
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
"""What `ENOUGH` sequences have to have come to, or their silence means nothing."""


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


def walk(share: int, sequences: int, folder: Path) -> Counter[str]:
    """Try a share's sequences in a house of its own; give what they came to."""
    shipped_limits, on_new_device = SHARES[share]
    Lifecycle.house = open_house(folder, shipped_limits=shipped_limits, on_new_device=on_new_device)
    Lifecycle.mail_code_asked = on_new_device == "email"
    Lifecycle.tally = Counter()
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
    assert Lifecycle.tally["sequences"] >= sequences
    assert unexplained(Lifecycle.house) == []
    return Lifecycle.tally


def never_came_to(tally: Counter[str]) -> list[str]:
    """List what these sequences should have come to and did not."""
    fresh = [what for what in tally if ": fresh " in what]
    return [
        *(what for what in REACHED if not tally[what]),
        *(
            f"{why} ended nothing"
            for why in ENDED_BY
            if not any(w.startswith(f"{why}:") for w in fresh)
        ),
        *(f"no {kind} ended" for kind in Kind if not any(f"fresh {kind} " in w for w in fresh)),
    ]


def test_what_has_ended_lets_nobody_in_and_no_password_comes_of_nothing(tmp_path: Path) -> None:
    sequences, together = wanted() // len(SHARES), Counter[str]()
    for share in range(len(SHARES)):
        tally = walk(share, sequences, tmp_path / str(share))
        print(json.dumps(dict(sorted(tally.items())), indent=1))
        if sequences >= ENOUGH:
            assert never_came_to(tally) == []
        together += tally
    if wanted() >= ENOUGH:
        assert never_came_to(together) == []
