"""500 guesses at one moment are worth no more than 5; 500 members at one moment all get in.

CVE-2024-4629 is the first of them: failures counted after the check let a burst through.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.races.browsers import SESSION, Page, open_pages
from tests.races.conftest import pass_time, rounds
from tests.races.crowd import Answer, Crowd
from tests.support.crowds import BURST, LONG
from tests.support.demo import Demo
from tests.support.relying_party import Browser

CROWD = BURST
LIMIT, BLOCK_SECONDS = 5, 30 * 60
WITHIN = 20.0
PATIENCE = 120.0


def counted(demo: Demo, since: str, *names: str) -> Counter[str]:
    """Count what the log says about passwords tried since a moment."""
    tally: Counter[str] = Counter()
    for name in names:
        found = demo.idp("audit", "search", "--limit", "10000", "--format", "json", "--name", name)
        for line in found.stdout.splitlines():
            event = json.loads(line)
            if event["occurred_at"] >= since:
                tally[event["data"].get("why") or name] += 1
    return tally


def moment(demo: Demo) -> str:
    """Give the time on the demo's clock, as the log writes it."""
    offset = timedelta(seconds=float(demo.clock.read_text()))
    return (datetime.now(UTC) + offset).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def verifications(demo: Demo, outcome: str) -> float:
    return demo.metric("gate_verifications_total", secret="password", outcome=outcome)


def report(what: str, answers: list[Answer]) -> None:
    """Print the figures of a round (pytest -s or -rP shows them)."""
    seconds = sorted(a.seconds for a in answers)
    tries = [a.tries for a in answers]
    print(
        f"{what}: {dict(Counter(a.status for a in answers))}, last {seconds[-1]:.1f} s,"
        f" median {seconds[len(seconds) // 2]:.1f} s, tries mean"
        f" {sum(tries) / len(tries):.2f} most {max(tries)}"
    )


@pytest.mark.parametrize("number", rounds(20))
def test_a_burst_of_wrong_passwords_is_checked_exactly_5_times(demo: Demo, number: int) -> None:
    pass_time(demo, BLOCK_SECONDS + 1)
    member = demo.member()
    # The owner comes in between: failures in a row start anew, and blocks do not grow.
    assert Browser(demo.issuer).sign_in(member["email"], member["password"]).status_code == 303
    pages = open_pages(demo, CROWD)
    since, wrong, right = moment(demo), verifications(demo, "wrong"), verifications(demo, "right")
    shots = [page.attempt(member["email"], f"guess {i}") for i, page in enumerate(pages)]
    # Late in the batch: sent while the others are at work, when more than the limit are answered.
    late = CROWD - CROWD // 4
    shots[late] = pages[late].attempt(member["email"], member["password"], after=LIMIT + 1)
    answers = Crowd(demo.issuer).fire(shots, within=PATIENCE)
    report("wrong", answers)
    assert Counter(a.status for a in answers) == {401: CROWD}
    assert all(a.cookie(SESSION) is None for a in answers)
    assert verifications(demo, "wrong") - wrong == LIMIT
    assert verifications(demo, "right") == right
    logged = counted(demo, since, "sign_in.refused", "sign_in.limited")
    logged.pop("unknown_address", None)  # the canary's own, once an hour
    assert logged == {"wrong_password": LIMIT, "sign_in.limited": CROWD - LIMIT}
    again = Crowd(demo.issuer).fire([pages[0].attempt(member["email"], member["password"])])
    assert again[0].status == 401, "the limit holds after the burst, too"


def all_pass(demo: Demo, pages: list[Page], what: str) -> None:
    """Let every browser send the right password at once; nothing may be counted against it."""
    member = demo.member(index=1)
    since, wrong = moment(demo), verifications(demo, "wrong")
    refusals = demo.metric("gate_refusals_total")
    shots = [page.attempt(member["email"], member["password"]) for page in pages]
    answers = Crowd(demo.issuer).fire(shots, within=WITHIN if LONG else PATIENCE)
    report(what, answers)
    passed = sum(a.status == 303 and a.cookie(SESSION) is not None for a in answers)
    assert passed >= 0.99 * len(pages), Counter(a.status for a in answers)
    assert not counted(demo, since, "sign_in.refused")
    assert verifications(demo, "wrong") == wrong
    assert demo.metric("gate_refusals_total") == refusals
    once_more = Crowd(demo.issuer).fire([shots[0]])
    assert once_more[0].status == 303, "no block"


@pytest.mark.parametrize("number", rounds(20, short=1))
def test_a_burst_of_right_passwords_from_unknown_browsers_all_pass(demo: Demo, number: int) -> None:
    all_pass(demo, open_pages(demo, CROWD), "right, unknown")


@pytest.mark.parametrize("number", rounds(20, short=1))
def test_a_burst_of_right_passwords_from_known_browsers_all_pass(demo: Demo, number: int) -> None:
    member = demo.member(index=1)
    crowd, pages = Crowd(demo.issuer), open_pages(demo, 10)
    first = crowd.fire([page.attempt(member["email"], member["password"]) for page in pages])
    assert {a.status for a in first} == {303}
    all_pass(demo, [pages[i % len(pages)] for i in range(CROWD)], "right, known")


def test_the_log_of_the_bursts_verifies(demo: Demo, tmp_path: Path) -> None:
    key = tmp_path / "auditor.pub"
    key.write_text(demo.idp("audit", "key").stdout)
    exported = demo.idp("audit", "export", "--out", str(tmp_path / "pack"))
    assert exported.returncode == 0, exported.stderr
    verified = subprocess.run(
        [sys.executable, "-m", "audit", "verify", str(tmp_path / "pack"), "--key", str(key)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
