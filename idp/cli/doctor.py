"""`idp doctor`: what is wrong with a deployment, in sentences."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict

import click
from argon2 import PasswordHasher
from rich.progress import Progress

from idp.approvals.who import Who
from idp.assembly.foundation import build_foundation
from idp.assembly.provider import build_provider
from idp.assembly.rotation import build_rotation
from idp.assembly.sealing import audit_key, checkpoint_file
from idp.cli.master_key_notes import missing_key, older_key
from idp.cli.output import format_option, foundation, say
from idp.errors import IdpError
from idp.invariants.model import LOG, Finding
from idp.invariants.service import Invariants
from idp.journal.invariants import Invariants as LogInvariants
from idp.key_rotation.renewal import Renewal
from idp.mails.promise import KINDS
from idp.mails.smtp import MailServer, ServerDown
from idp.outbox import store as outbox
from idp.policy.folder import read_folder
from idp.policy.staff import Permission
from idp.settings import Settings, is_loopback, read_settings
from idp.storage.log_guard import commands_log
from keys.errors import KeysError

WHEEL_MILLISECONDS = 15.0
MAIL_SECONDS = 5.0


@click.group()
def doctor() -> None:
    """Examine a deployment."""


@doctor.command(epilog="Example: idp doctor config")
@format_option
def config(form: str) -> int:
    """Print the effective settings (secrets masked) and what is wrong with them."""
    settings = read_settings()
    faults = [
        fault
        for check in (_folder, _stores, _difference, _mail_server)
        if (fault := _ask(check, settings))
    ]
    notes, foreign = _master_keys(settings)
    notes += _mail_notes(settings) + _role_notes(settings) + _decider_notes(settings)
    faults += foreign
    content = {
        "settings": settings.masked(),
        "argon2": _argon2(),
        "notes": notes,
        "faults": faults,
    }
    lines = [f"{name} = {value}" for name, value in settings.masked().items()]
    lines += [f"argon2: {content['argon2']}"]
    lines += [f"NOTE: {note}" for note in notes]
    lines += [f"FAULT: {fault}" for fault in faults] or ["nothing is wrong"]
    say(content, "\n".join(lines), form)
    return 1 if faults else 0


@doctor.command(epilog="Example: idp doctor invariants")
@format_option
def invariants(form: str) -> int:
    """Hold state and log against each other, and the log against its leaves and checkpoints."""
    f = foundation()
    examiner = Invariants(f.database, f.clock, f.policy.policy.audit.lag_alarm.delta)
    log = LogInvariants(f.database, audit_key(f).public_key(), checkpoint_file(f))
    with Progress(disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("state", total=examiner.events())
        examined = examiner.examine(lambda more: bar.advance(task, more))
        task = bar.add_task("log", total=None)
        torn = log.faults(lambda done, of: bar.update(task, completed=done, total=of))
        findings = [*examined.findings, *(Finding(LOG, None, "", says) for says in torn)]
    content = {
        "accounts": examined.accounts,
        "events": examined.events,
        "findings": [asdict(one) for one in findings],
    }
    lines = [
        f"FAULT: {one.rule}: {' '.join(x for x in (one.subject, one.fact, one.says) if x)}"
        for one in findings
    ] or ["every rule holds"]
    lines.append(f"{examined.accounts} accounts against {examined.events} events")
    say(content, "\n".join(lines), form)
    return 1 if findings else 0


ASKS_AND_DECIDES = 2


def _ask(check: Callable[[Settings], str | None], settings: Settings) -> str | None:
    try:
        return check(settings)
    except IdpError as fault:
        return fault.detail or fault.code


def _folder(settings: Settings) -> str | None:
    read_folder(settings.policies)
    return None


def _stores(settings: Settings) -> str | None:
    build_provider(build_foundation(settings))
    return None


def _difference(settings: Settings) -> str | None:
    proposed = read_folder(settings.policies)
    active = build_foundation(settings).policy.digest
    if proposed.digest == active:
        return None
    return (
        f"the folder {settings.policies} differs from the policy in force ({active[:12]});"
        " put it in force with `idp policy activate`"
    )


def _mail_server(settings: Settings) -> str | None:
    """Open a session with the mail server, sign in, and leave without a mail."""
    if settings.smtp_url is None:
        return None
    server = MailServer.from_url(settings.smtp_url, settings.outgoing_ca)
    try:
        with server.session(MAIL_SECONDS, "doctor.invalid"):
            return None
    except ServerDown as down:
        return f"the mail server {server.host}:{server.port} does not serve us: {down}"


def _mail_notes(settings: Settings) -> list[str]:
    if settings.smtp_url is None:
        return [f"IDP_SMTP_URL is not set: mails wait in the outbox ({_waiting(settings)} now)"]
    with suppress(IdpError):
        server = MailServer.from_url(settings.smtp_url, settings.outgoing_ca)
        if not server.encrypted and not is_loopback(server.host):
            return ["mails travel to the mail server in clear: use smtp+starttls:// or smtps://"]
    return []


def _role_notes(settings: Settings) -> list[str]:
    """Say when the role of the application could take the log's protection away."""
    try:
        with build_foundation(settings).database.read() as tx:
            role = commands_log(tx)
    except (IdpError, KeysError):
        return []  # named as a fault already
    if role is None:
        return []
    return [
        f"the database role {role} owns the tables of the log, or may act as their owner: it can"
        " take triggers away; serve as kumiai_app (deploy/postgresql/roles.sql)"
    ]


def _decider_notes(settings: Settings) -> list[str]:
    """Say which requests would find nobody to decide but the one who asks."""
    try:
        f = build_foundation(settings)
        who, wanted = Who(f.policy, f.clock, f.clients), dict[Permission, list[str]]()
        for act in f.policy.policy.approvals.acts:
            wanted.setdefault(act.decided_by, []).append(act.kind.value)
        with f.database.read() as tx:
            able = {permission: who.able(tx, permission) for permission in wanted}
    except (IdpError, KeysError):
        return []  # named as a fault already
    return [
        f"{count} of the staff may decide with {permission}, and nobody decides what they asked"
        f" for: {', '.join(wanted[permission])} may wait until it is over"
        for permission, count in able.items()
        if count < ASKS_AND_DECIDES
    ]


def _waiting(settings: Settings) -> str:
    try:
        with build_foundation(settings).database.read() as tx:
            return str(sum(outbox.waiting_of(tx, kind) for kind in KINDS))
    except (IdpError, KeysError):
        return "unknown"  # named as a fault already


def _master_keys(settings: Settings) -> tuple[list[str], list[str]]:
    """Say of each older master key whether anything still needs it; and what is missing."""
    try:
        f = build_foundation(settings)
        usage = Renewal(build_rotation(f), f.master).usage()
    except (IdpError, KeysError):
        return [], []  # named as a fault already
    file, notes, faults = settings.master_key_file, list[str](), list[str]()
    for used in usage:
        if used.master_id is None:
            faults += missing_key(used, file)
        elif used.master_id != f.master.current_id:
            notes += older_key(used, file)
    return notes, faults


def _argon2() -> str:
    """Say which build of Argon2 is at work, judged by its speed on this machine."""
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    best = min(_timed(hasher) for _ in range(3))
    build = "native or fast" if best < WHEEL_MILLISECONDS else "generic wheel"
    return f"{best:.1f} ms per hash (t=2, m=19 MiB) on {platform.machine()}: {build}"


def _timed(hasher: PasswordHasher) -> float:
    started = time.perf_counter()
    hasher.hash("measure")
    return (time.perf_counter() - started) * 1000
