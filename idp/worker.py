"""The worker: delivers the outbox, seals the log, tells of ended memberships, rotates keys, cleans.

One leader works at a time: `flock` on the data folder when embedded, an advisory lock on a
connection of its own on PostgreSQL. Both vanish with the process that held them.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import structlog

from idp.assembly import Background
from idp.clock import to_micros
from idp.errors import IdpError
from idp.grants import store as grants
from idp.metrics import OUTBOX_WAITING, SEALED
from idp.oidc import store as requests
from idp.outbox import store as outbox
from idp.sessions import store as sessions
from idp.storage.limit_storage import clean_hits
from idp.storage.marks import clean_marks
from idp.throttle import store as leases
from keys.errors import KeysError

log = structlog.get_logger(__name__)
LEADER_LOCK = 7_302_018
KEEP_ENDED_MICROS = 7 * 86_400 * 1_000_000
TICK_SECONDS = 0.2


@dataclass
class Job:
    """Something done again and again, at least `every` seconds apart."""

    name: str
    every: float
    run: Callable[[], object]
    due: float = 0.0

    def run_if_due(self) -> None:
        """Run; an outage or a refusal is logged and tried again next time."""
        if time.monotonic() < self.due:
            return
        try:
            self.run()
        except (IdpError, KeysError) as failure:
            log.warning(
                "job.failed", job=self.name, error=type(failure).__name__, detail=str(failure)
            )
        except Exception:  # one broken job must not stop the others; the traceback is in the log
            log.exception("job.broken", job=self.name)
        self.due = time.monotonic() + self.every


def work(background: Background, stop: threading.Event) -> None:
    """Work until `stop` is set, whenever this process is the leader."""
    jobs = _jobs(background)
    while not stop.is_set():
        with leadership(background) as leads:
            while leads() and not stop.is_set():
                for job in jobs:
                    job.run_if_due()
                stop.wait(TICK_SECONDS)
        stop.wait(1.0)


@contextmanager
def leadership(background: Background) -> Iterator[Callable[[], bool]]:
    """Try to be the leader; the yielded question says whether this process still is."""
    f = background.foundation
    if f.database.is_sqlite:
        with _flock(f.settings.data / "worker.lock") as held:
            yield lambda: held
        return
    connection = _connect(background)
    if connection is None:
        yield lambda: False
        return
    with connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK,)).fetchone()
        held = bool(row and row[0])
        yield lambda: held and _answers(connection)


def _connect(background: Background) -> psycopg.Connection[tuple[object, ...]] | None:
    url = background.foundation.database.url.set(drivername="postgresql")
    try:
        return psycopg.connect(
            url.render_as_string(hide_password=False), autocommit=True, connect_timeout=5
        )
    except psycopg.Error as error:
        log.warning("leader.unreachable", error=type(error).__name__)
        return None


def _answers(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


@contextmanager
def _flock(path: Path) -> Iterator[bool]:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def _jobs(b: Background) -> list[Job]:
    f = b.foundation
    interval = f.policy.policy.audit.seal_interval.seconds
    return [
        Job("outbox", TICK_SECONDS, b.outbox.deliver_due),
        Job("seal", interval, lambda: SEALED.inc(b.sealer.seal())),
        Job("former members", 5.0, b.standing.end_former_members),
        Job("keys", 30.0, b.rotation.rotate),
        Job("gauges", 5.0, lambda: _gauges(b)),
        Job("cleaning", 300.0, lambda: clean(b)),
    ]


def _gauges(b: Background) -> None:
    with b.foundation.database.read() as tx:
        waiting, _ = outbox.waiting(tx)
    OUTBOX_WAITING.set(waiting)


def clean(b: Background) -> dict[str, int]:
    """Delete what is over; every table that grows has its line here."""
    f = b.foundation
    now = to_micros(f.clock.now())
    rules = f.policy.policy
    longest = max(limit.period.micros for limit in rules.limits.values())
    done = {"outbox": b.outbox.clean()}
    with f.database.begin() as tx:
        done |= {
            "leases": leases.clean(tx, now - longest - leases.ABANDONED_MICROS),
            "marks": clean_marks(tx, now),
            "hits": clean_hits(tx),
            "requests": requests.clean(tx, now),
            "grants": grants.clean(tx, now - rules.tokens.code_lifetime.micros),
            "sessions": sessions.clean(tx, now - KEEP_ENDED_MICROS),
        }
    return done
