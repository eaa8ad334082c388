"""`idp block`: what is blocked now, why, and lifting it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import click
from rich.progress import Progress

from audit.names import EventName
from idp.assembly.blocks import build_block_desk
from idp.assembly.foundation import Foundation
from idp.attempts.explaining import Explained
from idp.attempts.explaining import explain as explain_code
from idp.blocks import store
from idp.blocks.model import Block
from idp.blocks.words import explained
from idp.cli.output import format_option, foundation, operator, say, show
from idp.cli.weather import weather
from idp.clock import to_micros
from idp.errors import IdpError
from idp.journal.reading import EventReader
from idp.lifecycle.block_desk import BlockDesk
from idp.policy.limit_rules import BLOCKING
from idp.policy.model import LimitName

RULES = sorted(
    [rule.value for rule in BLOCKING]
    + [LimitName.FAILURES_PER_ADDRESS.value, LimitName.FAILURES_PER_NETWORK.value]
)
COLUMNS = (
    "id",
    "kind",
    "scope",
    "rule",
    "subject_kind",
    "subject",
    "started_at",
    "until",
    "reference",
    "lifted_by",
)
REASON = click.option("--reason", required=True, help="Why; it stands in the audit log.")


@click.group()
def block() -> None:
    """Blocks: what stops whom until when. Never deleted; lifted with a reason."""


@block.command("list", epilog="Example: idp block list --rule password_from_unknown_device")
@click.option("--all", "ended_too", is_flag=True, help="Those that are over as well.")
@click.option("--rule", type=click.Choice(RULES), help="Of this cause only.")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 100_000))
@format_option
def list_blocks(ended_too: bool, rule: str | None, limit: int, form: str) -> int:
    """List what is blocked now, newest first."""
    desk = build_block_desk(foundation())
    rows = [
        _row(one)
        for one in _pages(desk, limit, ended_too=ended_too, rule=LimitName(rule) if rule else None)
    ]
    show(rows, COLUMNS, form)
    return 0


@block.command(epilog="Example: idp block explain 7K2MPX9W")
@click.argument("code")
@format_option
def explain(code: str, form: str) -> int:
    """Say what stands behind a reference code or the id of a block; looking is an event."""
    f = foundation()
    with f.database.read() as tx:
        found = explain_code(tx, code)
        by_id = store.find(tx, code) if found is None else None
        address = _address(f, found) if found else None
    _record(f, code, found is not None or by_id is not None)
    if found is not None:
        content = _content(found, address)
    elif by_id is not None:
        content = _block_content(by_id)
    else:
        raise IdpError(
            f"{code}: no such code; codes have eight letters and digits, none of I L O U"
        )
    say(content, "\n".join(f"{key}: {value}" for key, value in content.items()), form)
    return 0


@block.command(epilog="Example: idp block lift 7K2MPX9W --reason 'proofed by telephone'")
@click.argument("which", required=False)
@click.option("--rule", type=click.Choice(RULES), help="Lift all running ones of this cause.")
@click.option("--dry-run", is_flag=True, help="Say how many it would be, and lift none.")
@REASON
@format_option
def lift(which: str | None, rule: str | None, dry_run: bool, reason: str, form: str) -> None:
    """Lift one block (WHICH is its id or reference code), or all of one cause."""
    if (which is None) == (rule is None):
        raise click.UsageError("name one block, or a cause with --rule")
    desk = build_block_desk(foundation())
    if which is not None:
        if dry_run:
            raise click.UsageError("--dry-run goes with --rule")
        lifted = desk.lift(which, operator(), reason)
        say(_row(lifted) | {"lifted": 1}, f"lifted {lifted.id}", form)
        return
    cause = LimitName(str(rule))
    running = sum(1 for _ in _pages(desk, 10**9, ended_too=False, rule=cause))
    if dry_run:
        say({"would_lift": running}, f"would lift {running} blocks", form)
        return
    with Progress(disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("blocks", total=running)
        count = desk.lift_all(cause, operator(), reason, lambda done: bar.advance(task, done))
    say({"lifted": count}, f"lifted {count} blocks", form)


block.add_command(weather)


def _pages(
    desk: BlockDesk, limit: int, *, ended_too: bool, rule: LimitName | None
) -> Iterator[Block]:
    before, given = None, 0
    while page := desk.page(before, ended_too=ended_too, rule=rule):
        for one in page:
            if given == limit:
                return
            given += 1
            yield one
        before = (to_micros(page[-1].started_at), page[-1].id)


def _row(one: Block) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "scope": one.scope.value,
        "rule": one.rule.value if one.rule else "person",
        "subject_kind": one.subject_kind.value if one.subject else None,
        "subject": one.subject,
        "bucket": one.bucket,
        "started_at": one.started_at,
        "until": one.until,
        "reference": one.reference,
        "made_by": one.made_by,
        "policy": one.policy_digest,
        "lifted_at": one.lifted_at,
        "lifted_by": one.lifted_by,
        "lift_reason": one.lift_reason,
    }


def _block_content(one: Block) -> dict[str, Any]:
    found = one.evidence
    counts = {"failed": found.failed, "first_at": found.first_at} if found else {}
    return {"ja": explained(one, "ja"), "en": explained(one, "en"), **_row(one), **counts}


def _content(found: Explained, address: str | None) -> dict[str, Any]:
    if found.block is not None:
        return _block_content(found.block)
    content: dict[str, Any] = {
        "ja": found.sentences("ja"),
        "en": found.sentences("en"),
        "at": found.at,
    }
    if found.attempt is not None:
        facts = found.attempt.decision
        content |= {
            "event": found.attempt.name,
            "subject": found.attempt.subject,
            "address": address,
            "rule": facts.rule if facts else None,
            "failed": facts.failed if facts else None,
            "limit": facts.limit if facts else None,
            "window_seconds": facts.window_seconds if facts else None,
            "policy": facts.policy if facts else None,
        }
    return content


def _address(f: Foundation, found: Explained) -> str | None:
    """Give the caller's network: enough to tell a school from a stranger, not a person."""
    if found.line is None:
        return None
    with f.database.read() as tx:
        opened = EventReader(f.persons).open(tx, json.dumps(found.line))
    address = (opened.get("source") or {}).get("address")
    return _masked(str(address)) if address else None


def _masked(address: str) -> str:
    if ":" in address:
        return ":".join(address.split(":")[:3]) + ":…"
    return ".".join([*address.split(".")[:2], "…"])


def _record(f: Foundation, code: str, found: bool) -> None:
    with f.database.begin() as tx:
        f.journal.record(
            tx,
            EventName.AUDIT_SEARCHED,
            f.clock.now(),
            actor=operator(),
            data={"name": None, "reference": code[:40], "found": int(found)},
        )
