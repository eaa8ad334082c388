"""How long a rehearsal takes: a log of a month with a million attempts, replayed by the command.

The attempts are made by the counters of the replay itself, so that every decision in the log is one
the policy would have made; the command then has to find exactly that. `python -m bench.rehearsal`.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from audit import instant
from audit.event import new_id
from audit.names import EventName
from idp.bootstrap import prepare
from idp.clock import to_micros
from idp.journal import store
from idp.policy.folder import read_folder
from idp.rehearsal.counters import Counters
from idp.settings import DEMO_FILE, read_settings
from idp.throttle.budgets import password_budget
from idp.throttle.model import Outcome, Settled
from keys.master import MasterKeys

ROOT = Path(__file__).parents[1]
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
BATCH = 5_000


def attempts(count: int, members: int, counters: Counters) -> Iterator[dict[str, Any]]:
    """Make the rows of a month: members who sign in, slips, and attacks in between."""
    chance = random.Random(7)
    now = BEGIN
    step = timedelta(days=30) / count
    for number in range(count):
        now += step
        attacked = chance.random() < 0.3
        who = f"member-{chance.randrange(50) if attacked else chance.randrange(members)}"
        place = None if attacked or chance.random() < 0.1 else "a" * 32
        right = not attacked and chance.random() < 0.93
        budget = password_budget(who, place)
        decision = counters.decide(budget, to_micros(now))
        settled = Settled.UNSEEN
        if decision.outcome is Outcome.ALLOW:
            settled = Settled.RIGHT if right else Settled.WRONG
            (counters.right if right else counters.wrong)(budget, to_micros(now))
        facts = decision.after(settled).as_facts() | {"from": [f"net{number % 997}"]}
        name = EventName.SESSION_STARTED if settled is Settled.RIGHT else EventName.SIGN_IN_REFUSED
        event_id = new_id(now)
        record = {
            "id": event_id,
            "occurred_at": instant.to_text(now),
            "name": name.value,
            "outcome": "done" if settled is Settled.RIGHT else "refused",
            "actor": {"kind": "member", "id": who},
            "subject": who,
            "source": {"address": {"enc": "A256GCM", "key": event_id, "value": "x" * 64}},
            "decision": facts,
            "data": {"why": settled.value, "reference": "7K2MPX9W"},
        }
        yield {
            "id": event_id,
            "occurred_at": to_micros(now),
            "name": name.value,
            "outcome": record["outcome"],
            "subject": who,
            "client": None,
            "reference": None,
            "line": json.dumps(record, separators=(",", ":"), sort_keys=True),
        }


@click.command()
@click.option("--attempts", "count", default=1_000_000, show_default=True)
@click.option("--members", default=100_000, show_default=True)
def main(count: int, members: int) -> None:
    """Fill a log, then run the command on it and print its time and memory."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "master.keys").write_text(MasterKeys.generate_text())
        (data / "master.keys").chmod(0o600)
        facts = {"issuer": "https://id.mihon.example", "policies": str(ROOT / "policies")}
        lines = "".join(f"{k} = {json.dumps(v)}\n" for k, v in facts.items())
        (data / DEMO_FILE).write_text(lines)
        foundation = prepare(read_settings({"IDP_DATA": folder}))
        policy = foundation.policy
        rows, began = [], time.monotonic()
        for row in attempts(count, members, Counters(policy.policy.limits, policy.digest)):
            rows.append(row)
            if len(rows) == BATCH:
                with foundation.database.begin() as tx:
                    store.add_many(tx, rows)
                rows = []
        with foundation.database.begin() as tx:
            store.add_many(tx, rows)
        foundation.database.dispose()
        print(f"{count} attempts of {members} members written in {time.monotonic() - began:.0f} s")
        strict = _strict(data / "strict")
        began = time.monotonic()
        command = ["policy", "rehearse", str(strict), "--from", "2026-10-01", "--to", "2026-11-01"]
        done = subprocess.run(
            [sys.executable, "-m", "idp.cli", *command],
            env={**os.environ, "IDP_DATA": folder},
            capture_output=True,
            text=True,
            check=False,
        )
        took = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(done.stdout + done.stderr)
        cpu = used.ru_utime + used.ru_stime
        print(
            f"{took:.1f} s, {cpu:.1f} s of CPU, {used.ru_maxrss / 1024:.0f} MiB,"
            f" exit {done.returncode}"
        )


def _strict(folder: Path) -> Path:
    folder.mkdir()
    for file in (ROOT / "policies").glob("*.toml"):
        text = file.read_text("utf-8").replace(
            'count = 5\nperiod = "15m"', 'count = 3\nperiod = "15m"'
        )
        (folder / file.name).write_text(text, "utf-8")
    assert read_folder(folder).digest
    return folder


if __name__ == "__main__":
    main()
