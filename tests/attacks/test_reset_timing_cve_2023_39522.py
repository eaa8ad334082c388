"""Time tells nobody who is a member: known and unknown addresses asked for in turn at /recover.

`TIMING=long` measures 2,000 interleaved pairs and holds them to a difference of medians under
1 ms and an AUC of at most 0.53; without it a tenth, with room for a busy machine.
Alone: `TIMING=long python -m pytest -s tests/attacks/test_reset_timing_cve_2023_39522.py`.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.recovery.steps import form_of
from tests.support.demo import Demo, running_demo
from tests.support.parties import PARTIES, write_policies
from tests.support.relying_party import Browser

LONG = os.environ.get("TIMING") == "long"
PAIRS = 2_000 if LONG else 200
MOST_MILLISECONDS, MOST_AUC = (1.0, 0.53) if LONG else (10.0, 0.62)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = Path(tmp_path_factory.mktemp("timing"))
    policies = write_policies(folder / "policies", PARTIES)
    limits = policies / "limits.toml"
    text, done = re.subn(
        r"(\[mails_per_mailbox\][^\[]*?\ncount = )\d+", r"\g<1>1000000", limits.read_text("utf-8")
    )
    assert done == 1
    limits.write_text(text, "utf-8")
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as running:
        yield running


def test_known_and_unknown_addresses_take_the_same_time(demo: Demo) -> None:
    browser = Browser(demo.issuer)
    form = form_of(browser.get("/recover"), "reset-request")
    able = [m["email"] for m in demo.facts["members"] if m["standing"] == "member" and m["email"]]
    known = [email for email in able if email is not None]
    unknown = [f"{secrets.token_hex(len(email) // 3)}@mihon.example" for email in known]

    def ask(email: str) -> float:
        started = time.perf_counter()
        answer = browser.post("/recover", form | {"email": email})
        taken = time.perf_counter() - started
        assert answer.status_code == 200
        return taken

    for email in (*known, *unknown):
        ask(email)
    times: tuple[list[float], list[float]] = ([], [])
    for pair in range(PAIRS):
        order = (0, 1) if secrets.randbelow(2) else (1, 0)
        for which in order:
            times[which].append(ask((known, unknown)[which][pair % len(known)]))
    apart = (median(times[0]) - median(times[1])) * 1000
    auc = area_under_curve(*times)
    print(
        f"{PAIRS} pairs: known {median(times[0]) * 1000:.3f} ms, unknown"
        f" {median(times[1]) * 1000:.3f} ms, difference {apart:+.3f} ms, AUC {auc:.3f}"
    )
    assert abs(apart) < MOST_MILLISECONDS
    assert max(auc, 1 - auc) <= MOST_AUC


def area_under_curve(first: list[float], second: list[float]) -> float:
    """Give the chance that one of the first took longer than one of the second."""
    ranked = sorted([(t, 0) for t in first] + [(t, 1) for t in second])
    ranks = sum(place for place, (_, which) in enumerate(ranked, 1) if which == 0)
    return (ranks - len(first) * (len(first) + 1) / 2) / (len(first) * len(second))
