"""The report says met only of what is met, and the same figures stand in the JSON."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from bench.argon import Limit
from bench.inside import Counts
from bench.load import Result
from bench.measure import Compared, Figures, Slices, Spent
from bench.report import Measured, StoreReport, print_report, save
from bench.scenarios import SCENARIOS, Scenario


def _figures(server_cpu: float, per_second: float = 100.0) -> Figures:
    return Figures(10, 10, per_second, 1.0, 2.0, server_cpu, 0.1, 0.2)


def _scenario(name: str) -> Scenario:
    return next(s for s in SCENARIOS if s.name == name)


def _measured(name: str, server_cpu: float, hashing: Limit | None = None) -> Measured:
    compared = Compared(_figures(server_cpu, 40.0), _figures(0.1), hashing)
    return Measured(_scenario(name), compared, Counts(6, 1, 0))


@pytest.mark.parametrize(("cpu", "met"), [(0.79, True), (0.81, False)])
def test_a_code_exchange_may_cost_eight_floors(cpu: float, met: bool) -> None:
    assert [found for _, found in _measured("exchange", cpu).verdicts()] == [met]


@pytest.mark.parametrize(("cpu", "hashes", "met"), [
    (23.4, 53.0, [True, True]), (23.6, 54.0, [False, False]),
])  # fmt: skip
def test_a_sign_in_is_compared_with_the_hashes_of_its_own_run(
    cpu: float, hashes: float, met: list[bool]
) -> None:
    found = _measured("sign-in", cpu, Limit(hashes, 20.0))
    assert [verdict for _, verdict in found.verdicts()] == met


def test_slices_add_up_to_one_figure() -> None:
    slices = Slices()
    slices.add(Result(wall=1.0, requests=4, seconds=[0.001, 0.002]), Spent(0.004, 0.002, 0.0))
    slices.add(Result(wall=1.0, requests=4, seconds=[0.003, 0.009]), Spent(0.004, 0.0, 0.008))
    figures = slices.figures()
    assert (figures.operations, figures.requests, figures.per_second) == (4, 8, 2.0)
    assert (figures.p50, figures.p99) == (3.0, 9.0)
    assert (figures.server_cpu, figures.worker_cpu, figures.stores_cpu) == (2.0, 0.5, 2.0)


def test_what_is_missed_is_said_on_the_terminal_and_in_the_file(tmp_path: Path) -> None:
    report = StoreReport("sqlite", [_measured("exchange", 0.9), _measured("userinfo", 0.2)])
    written = io.StringIO()
    print_report(report, Console(file=written, width=200))
    assert "9.00 <= 8 floors: MISSED" in written.getvalue()
    assert "2.00 <= 2.5 floors: met" in written.getvalue()
    content = json.loads(save([report], tmp_path / "results", {"quick": True}).read_text())
    operations = content["stores"][0]["operations"]
    assert operations["exchange"]["targets"] == {"9.00 <= 8 floors": False}
    assert operations["userinfo"]["floors"] == pytest.approx(2.0)
