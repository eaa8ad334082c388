"""The rules of alerts, each at its edge; and the canary whose song is missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.alerts.canary import Canary
from idp.alerts.model import (
    Alarming,
    AlertKind,
    Look,
    looked_at_too_many,
    not_reviewed,
    off,
    too_late,
    took_too_many,
    torn,
)
from idp.assembly.background import Background, build_background
from idp.bootstrap import prepare
from idp.errors import StoreUnavailable
from idp.journal.sealer import Sealer
from idp.policy.folder import read_folder
from idp.settings import read_settings
from keys.master import MasterKeys

RULES = read_folder(Path("policies")).policy.alerts
START = datetime(2026, 4, 1, 3, tzinfo=UTC)


def test_lag_is_alarming_beyond_the_policy() -> None:
    assert too_late(60.0, 60) == []
    assert too_late(61.5, 60) == [Alarming(AlertKind.SEALING_LAG, "", 61)]


@pytest.mark.parametrize(
    ("sizes", "missing"), [((0, 0, 0), 0), ((0, 10, 10), 0), ((2, 10, 10), 2), ((0, 10, 9), 1)]
)
def test_leaves_size_and_checkpoint_must_agree(sizes: tuple[int, int, int], missing: int) -> None:
    assert [one.count for one in torn(*sizes)] == ([missing] if missing else [])


def test_a_clock_that_is_off_or_went_back() -> None:
    edge = float(RULES.clock_offset.seconds)
    assert off(edge, 0, RULES) == off(-edge, 0, RULES) == []
    assert [one.key for one in off(-edge - 1, 0, RULES)] == ["database"]
    assert [one.key for one in off(0, 1, RULES)] == ["stepped"]


def test_different_members_count_and_not_looks() -> None:
    most = RULES.look_ups_per_hour
    same = [Look("staff:a", "one")] * (10 * most)
    many = [Look("staff:a", f"member {number}") for number in range(most - 1)]
    assert looked_at_too_many([*same, *many], RULES) == []
    one_more = looked_at_too_many([*same, *many, Look("staff:a", "another")], RULES)
    assert one_more == [Alarming(AlertKind.LOOK_UPS, "staff:a", most + 1)]
    assert looked_at_too_many([*many, *(Look("staff:b", f"m {n}") for n in range(9))], RULES) == []


def test_many_small_exports_are_a_large_one() -> None:
    half = RULES.export_rows // 2
    assert took_too_many([Look("staff:a", "", half)] * 2, RULES) == []
    assert [one.key for one in took_too_many([Look("staff:a", "", half + 1)] * 2, RULES)] == [
        "staff:a"
    ]


def _background(tmp_path: Path) -> Background:
    (tmp_path / "master.keys").write_text(MasterKeys.generate_text())
    (tmp_path / "master.keys").chmod(0o600)
    settings = read_settings(
        {
            "IDP_DATA": str(tmp_path),
            "IDP_ISSUER": "https://id.mihon.example",
            "IDP_POLICIES": "policies",
            "IDP_MASTER_KEY_FILE": str(tmp_path / "master.keys"),
        }
    )
    return build_background(prepare(settings))


def test_an_emergency_is_told_of_until_it_is_reviewed_and_again_when_that_is_late() -> None:
    due = [("0197", START)]
    on_time = [Alarming(AlertKind.BREAK_GLASS, "0197", 1)]
    assert not_reviewed(due, START) == on_time
    late = [*on_time, Alarming(AlertKind.REVIEW_OVERDUE, "0197", 1)]
    assert not_reviewed(due, START + timedelta(microseconds=1)) == late
    assert not_reviewed([], START) == []


def test_a_canary_that_is_not_heard_is_told_of(tmp_path: Path) -> None:
    """Its refusal is recorded and never sealed: the sealer is dead."""
    background = _background(tmp_path)
    canary: Canary = background.alerts.canary
    sealer: Sealer = background.sealer
    assert canary.look(START) == [], "it has only begun to sing"
    assert canary.look(START + timedelta(seconds=30)) == [], "there is time left"
    (missed,) = canary.look(START + timedelta(seconds=61))
    assert missed.kind is AlertKind.CANARY
    assert canary.look(START + timedelta(minutes=30)) == [missed], "until the next one is heard"

    assert canary.look(START + timedelta(hours=1)) == [missed]
    sealer.seal()
    assert canary.look(START + timedelta(hours=1, seconds=61)) == []


class _Broken:
    """A sign-in whose store is out of reach: the very thing a canary is for."""

    def sign_in(self, _attempt: object) -> None:
        raise StoreUnavailable("out of reach")


def test_a_canary_that_cannot_sing_is_told_of_and_silences_nobody(tmp_path: Path) -> None:
    background = _background(tmp_path)
    canary = background.alerts.canary
    canary.sign_in = _Broken()  # type: ignore[assignment]
    assert canary.look(START) == [Alarming(AlertKind.CANARY, "failed", 1)]
    kinds = {one.kind for one in background.alerts.look()}
    assert AlertKind.CANARY in kinds
