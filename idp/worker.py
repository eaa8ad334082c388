"""The worker: delivers the outbox, seals the log, tells of ended memberships, rotates keys, cleans.

One leader works at a time (`idp.storage.leadership`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from idp.accounts import store as accounts
from idp.accounts.legacy_schemes import SCHEMES
from idp.admin_api import store as admin_answers
from idp.alerts import store as alerts
from idp.approvals import store as approvals
from idp.assembly.background import Background
from idp.authn import store as sign_ins
from idp.block_room import store as proposals
from idp.blocks import store as blocks
from idp.client_room import store as permits
from idp.clients import store as clients
from idp.clock import to_micros
from idp.errors import IdpError
from idp.factors import store as factors
from idp.grants import store as grants
from idp.helpdesk import store as helpdesk
from idp.invitations import store as invitations
from idp.journal.service import SYSTEM
from idp.lifecycle.expiry import end_expired_sessions
from idp.members import store as members
from idp.metrics import (
    BLOCKS_RUNNING,
    INDEX_WAITING,
    LAST_PURGE,
    LEGACY_ACCOUNTS,
    OUTBOX_WAITING,
    PURGED,
    SEAL_LAG,
    SEALED,
)
from idp.oidc import store as requests
from idp.outbox import store as outbox
from idp.policy.limit_rules import BLOCKING
from idp.proving import store as mailed_secrets
from idp.register_desk import store as register_desk
from idp.sessions import store as sessions
from idp.staff import session_store as staff_sessions
from idp.staff import store as staff
from idp.storage.leadership import leadership
from idp.storage.limit_storage import clean_hits
from idp.storage.marks import clean_marks
from idp.throttle import store as leases
from idp.weather import store as attacks
from keys.errors import KeysError

log = structlog.get_logger(__name__)
KEEP_ENDED_MICROS = 7 * 86_400 * 1_000_000
KEEP_ROWS_MICROS = 62 * 86_400 * 1_000_000
"""Longer than a pseudonym of an unknown address can return (`idp.subjects`: a month)."""
KEEP_ATTACKS_MICROS = 400 * 86_400 * 1_000_000
KEEP_FETCHES_MICROS = 30 * 86_400 * 1_000_000
FIND_AT_ONCE = 500
SEARCHES_COUNT_MICROS = 2 * 86_400 * 1_000_000
LOOKS_MICROS = 2 * 86_400 * 1_000_000
TICK_SECONDS = 0.2
FINISH_SECONDS = 6.0
INVITE_SECONDS = 60.0
FILES_SECONDS = 2.0
RETRY_SECONDS = 300.0
"""After a failure: what is done once a day must not wait for another one."""


@dataclass
class Job:
    """Something done again and again, at least `every` seconds apart; sooner where it failed."""

    name: str
    every: float
    run: Callable[[], object]
    aside: bool = False
    """Run beside the others: it waits for strangers, and sealing must not wait with it."""
    due: float = 0.0
    _beside: threading.Thread | None = None

    def run_if_due(self) -> None:
        """Run; an outage or a refusal is logged and tried again next time."""
        if time.monotonic() < self.due or (self._beside and self._beside.is_alive()):
            return
        if self.aside:
            self._beside = threading.Thread(target=self._run, daemon=True, name=self.name)
            self._beside.start()
        else:
            self._run()

    def finish(self, seconds: float) -> None:
        """Wait for what runs beside; what is not over by then is tried again by the next."""
        if self._beside is not None:
            self._beside.join(seconds)

    def _run(self) -> None:
        wait = self.every
        try:
            self.run()
        except (IdpError, KeysError) as failure:
            log.warning(
                "job.failed", job=self.name, error=type(failure).__name__, detail=str(failure)
            )
            wait = min(wait, RETRY_SECONDS)
        except Exception:  # one broken job must not stop the others; the traceback is in the log
            log.exception("job.broken", job=self.name)
            wait = min(wait, RETRY_SECONDS)
        self.due = time.monotonic() + wait


def work(background: Background, stop: threading.Event) -> None:
    """Work until `stop` is set, whenever this process is the leader."""
    jobs = _jobs(background)
    f = background.foundation
    while not stop.is_set():
        with leadership(f.database, f.settings.data) as leads:
            while leads() and not stop.is_set():
                for job in jobs:
                    job.run_if_due()
                stop.wait(TICK_SECONDS)
        stop.wait(1.0)
    for job in jobs:
        job.finish(FINISH_SECONDS)


def _jobs(b: Background) -> list[Job]:
    f = b.foundation
    interval, keys = f.policy.policy.audit.seal_interval.seconds, f.policy.policy.keys
    return [
        # One job per kind: a mail server that hangs does not delay the logout tokens.
        *(
            Job(f"outbox {kind}", TICK_SECONDS, partial(b.outbox.deliver_due, kind), aside=True)
            for kind in b.outbox.carriers
        ),
        Job("seal", interval, lambda: _seal(b)),
        # Beside the others: after an upgrade it has the whole log to go through.
        Job("index", interval, b.index.run, aside=True),
        Job("former members", 5.0, b.standing.end_former_members),
        Job("notices", 5.0, b.notices.give_due),
        # A twentieth of the dwell is exact enough, and a short one (a demonstration) is kept too.
        Job("keys", min(30.0, max(0.5, keys.announced_dwell.seconds / 20)), b.rotation.rotate),
        Job("floods", 5.0, lambda: f.floods.record_due(f.clock.now())),
        Job("weather", 60.0, b.weather.look),
        # Beside the others: a month of attempts takes minutes.
        Job("rehearsals", 2.0, b.rehearsals.work, aside=True),
        Job("alerts", 30.0, b.alerts.look, aside=True),
        Job("invitations", INVITE_SECONDS, b.invitations.invite_due),
        Job("expired sessions", 20.0, lambda: _end_expired(b)),
        Job("expired staff sessions", 20.0, b.staff_sessions.end_expired),
        Job("requests that are over", 20.0, b.approvals.expire),
        Job("roles that are over", 20.0, b.staff.end_roles_over),
        Job("exports that were killed", 60.0, b.abandoned.look),
        # Beside the others: a whole register takes minutes, and nothing else waits for it.
        Job("register files", FILES_SECONDS, b.register_files.run, aside=True),
        Job("gauges", 5.0, lambda: _gauges(b)),
        Job("telephone cases", 5.0, b.cases.expire),
        Job("changes upon a call", 5.0, b.plans.carry_out_due),
        Job("members to be found", 3600.0, lambda: _find_all(b), aside=True),
        Job("cleaning", 300.0, lambda: clean(b)),
        Job("erasures", 60.0, b.eraser.finish),
        Job("checkpoints", 10.0, b.telling.tell),
        Job("purge", f.policy.policy.audit.purge_interval.seconds, lambda: _purge(b), aside=True),
    ]


def _find_all(b: Background) -> None:
    """Make findable who is in the register since before it had a search index."""
    after: str | None = ""
    while after is not None:
        with b.foundation.database.begin() as tx:
            after = members.write_missing_keys(tx, after, FIND_AT_ONCE)


def _end_expired(b: Background) -> int:
    f = b.foundation
    return end_expired_sessions(f.database, f.journal, f.policy.policy.sessions, f.clock.now())


def _seal(b: Background) -> None:
    SEAL_LAG.set(b.sealer.lag())
    SEALED.inc(b.sealer.seal())


def _purge(b: Background) -> None:
    for purged in b.purger.purge(SYSTEM):
        PURGED.labels(purged.kept.value).inc(purged.events)
    LAST_PURGE.set(b.foundation.clock.now().timestamp())


def _gauges(b: Background) -> None:
    with b.foundation.database.read() as tx:
        waiting, _ = outbox.waiting(tx)
        not_indexed = b.index.waiting(tx)
        legacy = accounts.count_legacy(tx)
        running = blocks.count_running(tx, to_micros(b.foundation.clock.now()))
    OUTBOX_WAITING.set(waiting)
    INDEX_WAITING.set(not_indexed)
    for limit in {*BLOCKING, *running}:
        BLOCKS_RUNNING.labels(limit).set(running.get(limit, 0))
    for scheme in {*SCHEMES, *legacy}:
        LEGACY_ACCOUNTS.labels(scheme).set(legacy.get(scheme, 0))


def _give_up(b: Background) -> int:
    """Count attempts whose process was killed as wrong; whoever tries again does so as well."""
    f, now = b.foundation, b.foundation.clock.now()
    with f.database.read() as tx:
        left = leases.abandoned(tx, to_micros(now))
    for budget in set(left):
        with f.database.begin() as tx:
            f.gate.count_abandoned(tx, budget, now)
    return len(left)


def clean(b: Background) -> dict[str, int]:
    """Delete what is over; every table that grows has its line here."""
    f = b.foundation
    now = to_micros(f.clock.now())
    rules = f.policy.policy
    longest = max(limit.window_micros for limit in rules.limits.values())
    done = {"outbox": b.outbox.clean(), "attempts given up": _give_up(b)}
    with f.database.begin() as tx:
        done |= {
            "leases": leases.clean(tx, now - longest - leases.ABANDONED_MICROS),
            "rows of failures": leases.clean_rows(tx, now - KEEP_ROWS_MICROS),
            "attacks": attacks.clean(tx, now - KEEP_ATTACKS_MICROS),
            "approvals": approvals.clean(tx, now - KEEP_ATTACKS_MICROS),
            "proposals": proposals.clean_proposals(tx, now - KEEP_ATTACKS_MICROS),
            "look-ups": proposals.clean_looks(tx, now - KEEP_ENDED_MICROS),
            "permits": permits.clean_permits(tx, now - KEEP_ENDED_MICROS),
            "alerts": alerts.clean(tx, now - KEEP_ATTACKS_MICROS),
            "blocks on nobody": blocks.clean(tx, now - KEEP_ROWS_MICROS),
            "marks": clean_marks(tx, now),
            "hits": clean_hits(tx),
            "key set fetches": clients.clean_fetches(tx, now - KEEP_FETCHES_MICROS),
            "requests": requests.clean(tx, now),
            "pushed": requests.clean_pushed(tx, now - rules.sessions.authorization_request.micros),
            "grants": grants.clean(tx, now - rules.tokens.code_lifetime.micros),
            "devices": sessions.forget_devices(tx, now - rules.sessions.known_device.micros),
            "sessions": sessions.clean(tx, now - KEEP_ENDED_MICROS),
            "mailed secrets": mailed_secrets.clean(tx, now),
            "registrations": invitations.clean(tx, now),
            "sign-ins in progress": sign_ins.clean(tx, now),
            "questions to passkeys": factors.clean_challenges(tx, now),
            "staff sessions": staff_sessions.clean(tx, now - KEEP_ENDED_MICROS),
            "staff sign-ins in progress": staff_sessions.clean_progress(tx, now),
            "staff devices": staff_sessions.forget_devices(
                tx, now - rules.roles.sessions.known_device.micros
            ),
            "telephone cases": helpdesk.clean(
                tx, now - rules.helpdesk.keep.micros, now - SEARCHES_COUNT_MICROS
            ),
            "answers of the admin API": admin_answers.clean(
                tx, now - rules.admin_api.idempotency_lifetime.micros
            ),
            "looks at members": register_desk.clean_looks(tx, now - LOOKS_MICROS),
            "staff links": staff.clean_enrolments(tx, now - KEEP_ENDED_MICROS),
        }
    return done
