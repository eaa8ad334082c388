"""Imports a large register with the real command: seconds and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.deployment import write_master_key
from bench.register import write_register
from bench.stores import Stores
from idp.bootstrap import prepare
from idp.settings import read_settings

TARGET_SECONDS, TARGET_MIB = 60.0, 500.0


@dataclass(frozen=True)
class Import:
    """What an import cost; `members` is the size of the register."""

    members: int
    seconds: float
    peak_mib: float
    again_seconds: float
    again_peak_mib: float


def measure(folder: Path, stores: Stores, members: int) -> Import:
    """Import a register of this size into an empty deployment, then the same file once more."""
    folder.mkdir(parents=True)
    write_master_key(folder)
    environment = {
        "IDP_DATA": str(folder),
        "IDP_ISSUER": "http://127.0.0.1:8000",
        "IDP_POLICIES": "policies",
        **stores.afresh().settings,
    }
    prepare(read_settings(environment)).database.dispose()
    file = folder / "register.csv"
    file.write_bytes(write_register(members))
    first = _import(environment, file, f'"created": {members}')
    again = _import(environment, file, f'"unchanged": {members}')
    return Import(members, *first, *again)


def _import(environment: dict[str, str], file: Path, wanted: str) -> tuple[float, float]:
    command = ["member", "import", str(file), "--apply", "--format", "json"]
    output = file.with_suffix(".out")
    started = time.perf_counter()
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "idp.cli", *command],
            env={**os.environ, **environment},
            stdout=out,
            stderr=out,
        )
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    said = output.read_text("utf-8")
    if process.returncode or wanted not in said:
        raise RuntimeError(f"the import ended with {process.returncode}: {said[:2000]}")
    return seconds, usage.ru_maxrss / 1024
