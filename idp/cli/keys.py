"""`idp keys`: signing keys and the master key."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click

from idp.assembly import Foundation
from idp.cli.output import format_option, foundation, operator, say, show
from idp.errors import SettingsError
from idp.key_rotation import KeyRotation
from keys import ring
from keys.master import MasterKeys
from keys.record import KeyRecord
from keys.vault import Rotation


@click.group()
def keys() -> None:
    """Signing keys: announced, active, retiring, retired; and the master key."""


@keys.command(epilog="Example: idp keys master --out /etc/kumiai/master.keys")
@click.option("--out", required=True, type=click.Path(path_type=Path))
def master(out: Path) -> None:
    """Draw a master key into a new file that only its owner may read."""
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SettingsError(f"{out} is there already; it is never overwritten") from None
    with os.fdopen(descriptor, "w") as file:
        file.write(MasterKeys.generate_text())
        file.flush()
        os.fsync(file.fileno())
    click.echo(f"wrote {out}; keep a copy where no backup of the database lies")


@keys.command(name="list", epilog="Example: idp keys list")
@format_option
def list_(form: str) -> None:
    """List the signing keys."""
    records = foundation().home.load().records
    show([_row(record) for record in records], ("kid", "alg", "state", "since"), form)


@keys.command(epilog="Example: idp keys announce ES256")
@click.argument("alg")
@format_option
def announce(alg: str, form: str) -> None:
    """Make a key and publish it; it signs after the announcement's dwell time."""
    f = foundation()
    stored = f.home.load()
    fresh = f.vault.generate(alg, f.clock.now())
    after = ring.announce(stored.records, fresh)
    _rotation(f).commit(Rotation(stored.version, stored.records, after), operator())
    say({"kid": fresh.kid}, f"announced {fresh.kid}", form)


@keys.command(epilog="Example: idp keys activate KID")
@click.argument("kid")
@format_option
def activate(kid: str, form: str) -> None:
    """Sign with an announced key from now on; its predecessor starts retiring."""
    f = foundation()
    stored, rotation = f.home.load(), _rotation(f)
    after = ring.activate(stored.records, kid, f.clock.now(), rotation.rules())
    rotation.commit(Rotation(stored.version, stored.records, after), operator())
    say({"kid": kid}, f"activated {kid}", form)


@keys.command(epilog="Example: idp keys retire KID")
@click.argument("kid")
@format_option
def retire(kid: str, form: str) -> None:
    """Take a key out of the published set, once its tokens are over."""
    f = foundation()
    stored, rotation = f.home.load(), _rotation(f)
    after = ring.retire(stored.records, kid, f.clock.now(), rotation.rules())
    rotation.commit(Rotation(stored.version, stored.records, after), operator())
    say({"kid": kid}, f"retired {kid}", form)


@keys.command(epilog="Example: idp keys rotate --compromised KID")
@click.option("--compromised", multiple=True, help="Give this key up at once and replace it.")
@format_option
def rotate(compromised: tuple[str, ...], form: str) -> None:
    """Do what the plan says is due; with --compromised, at once."""
    changed = _rotation(foundation()).rotate(operator(), compromised)
    say({"changed": changed}, f"{changed} keys changed", form)


def _rotation(f: Foundation) -> KeyRotation:
    return KeyRotation(f.database, f.clock, f.journal, f.policy, f.vault, f.home)


def _row(record: KeyRecord) -> dict[str, str | datetime | None]:
    since = {
        "announced": record.announced_at,
        "active": record.activated_at,
        "retiring": record.retiring_at,
        "retired": record.retired_at,
    }
    return {
        "kid": record.kid,
        "alg": record.alg,
        "state": record.state.value,
        "since": since[record.state.value],
    }
