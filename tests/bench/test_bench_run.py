"""One short run on SQLite from end to end: real flows, real CPU, the real import command."""

import json
import subprocess
import sys
from pathlib import Path

from bench.register import write_register
from idp.members.register_file import BadLine, read_register


def test_the_register_of_the_bench_is_a_register() -> None:
    rows = list(read_register(write_register(500)))
    assert not [row for row in rows if isinstance(row, BadLine)]
    assert len({row.member_number for row in rows if not isinstance(row, BadLine)}) == 500


def test_a_short_run_measures_what_it_says(tmp_path: Path) -> None:
    wanted = ("jwks", "exchange", "refresh")
    only = [word for name in wanted for word in ("--only", name)]
    command = ["--quick", "--store", "sqlite", "--workers", "1", "--out", str(tmp_path), *only]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *command],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("*.json")
    operations = json.loads(file.read_text())["stores"][0]["operations"]
    assert set(operations) == set(wanted)
    # Who fetched the set is written once a minute, not with each request.
    assert operations["jwks"]["statements"] <= 0.5
    for name in ("exchange", "refresh"):
        found = operations[name]
        assert found["commits"] == 1  # the tokens and their audit event, before the answer
        assert found["statements"] > 1
        assert 0 < found["p50"] <= found["p99"]
        assert found["server_cpu"] > operations["jwks"]["server_cpu"] > 0
