"""`idp keys`: signing keys. The master key's commands are in `idp.cli.master_key`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import click

from idp.approvals.model import Performed
from idp.assembly.approvals import carry_out
from idp.assembly.foundation import Foundation
from idp.assembly.rotation import build_rotation
from idp.cli.master_key import master, rewrap
from idp.cli.output import format_option, foundation, operator, say, show
from idp.cli.two import rule_for, say_what_became_of_it, submit
from idp.key_rotation.readiness import readiness as who_is_ready
from idp.key_rotation.schedule import ahead_of
from idp.policy.approvals import ApprovalKind
from keys.record import KeyRecord


@click.group()
def keys() -> None:
    """Signing keys: announced, active, retiring, retired; and the master key."""


keys.add_command(master)
keys.add_command(rewrap)


@keys.command(name="list", epilog="Example: idp keys list")
@format_option
def list_(form: str) -> None:
    """List the signing keys, and what will become of each when."""
    f = foundation()
    rows = [_row(record, f) for record in f.home.load().records]
    show(rows, ("kid", "alg", "state", "since", "next", "not_before"), form)


@keys.command(epilog="Example: idp keys announce ES256")
@click.argument("alg")
@format_option
def announce(alg: str, form: str) -> None:
    """Make a key and publish it; it signs after the announcement's dwell time."""
    kid = build_rotation(foundation()).announce(alg, operator())
    say({"kid": kid}, f"announced {kid}", form)


@keys.command(epilog="Example: idp keys activate KID")
@click.argument("kid")
@format_option
def activate(kid: str, form: str) -> None:
    """Sign with an announced key from now on; its predecessor starts retiring."""
    build_rotation(foundation()).activate(kid, operator())
    say({"kid": kid}, f"activated {kid}", form)


@keys.command(epilog="Example: idp keys retire KID")
@click.argument("kid")
@format_option
def retire(kid: str, form: str) -> None:
    """Take a key out of the published set, once its tokens are over."""
    build_rotation(foundation()).retire(kid, operator())
    say({"kid": kid}, f"retired {kid}", form)


@keys.command(epilog="Example: idp keys rotate --compromised KID")
@click.option("--compromised", multiple=True, help="Give this key up at once and replace it.")
@click.option("--reason", default="a key is compromised", help="Why; it stands in the audit log.")
@format_option
def rotate(compromised: tuple[str, ...], reason: str, form: str) -> int:
    """Do what the plan says is due; with --compromised, at once.

    Giving a key up is an emergency: where policy asks a second person about it, it is done now and
    reviewed afterwards, unless policy allows no emergency either.
    """
    f = foundation()
    rule = rule_for(f, ApprovalKind.KEY_EMERGENCY) if compromised else None
    if rule is None:
        changed = build_rotation(f).rotate(operator(), compromised)
        say({"changed": changed}, f"{changed} keys changed", form)
        return 0
    kids = list(dict.fromkeys(compromised))
    before = set(f.home.load().records)
    done = submit(f, rule.kind, {"kids": kids}, reason, rule.break_glass)
    if isinstance(done, Performed):
        carry_out(f)  # without waiting for a worker, which may be what is broken
    changed = len(set(f.home.load().records) - before)
    return say_what_became_of_it(f, done, {"changed": changed}, f"{changed} keys changed", form)


@keys.command(epilog="Example: idp keys readiness")
@format_option
def readiness(form: str) -> int:
    """Say which client has fetched the set with the next key, when, and how that is known."""
    f = foundation()
    rows = [asdict(row) for row in who_is_ready(f.database, f.clients, f.home.load().records)]
    show(rows, ("client_id", "alg", "kid", "state", "last_fetch", "has_key", "how"), form)
    return 0 if rows else 1


def _row(record: KeyRecord, f: Foundation) -> dict[str, str | datetime | None]:
    ahead = ahead_of(record, build_rotation(f).rules())
    return {
        "kid": record.kid,
        "alg": record.alg,
        "state": record.state.value,
        "since": ahead.since,
        "next": ahead.next,
        "not_before": ahead.not_before,
        "compromised_at": record.compromised_at,
    }
