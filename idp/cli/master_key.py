"""`idp keys master` and `idp keys rewrap`: the master key, and its renewal."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, fields
from pathlib import Path

import click

from idp.assembly.rotation import build_rotation
from idp.cli.output import format_option, foundation, operator, say, show
from idp.errors import SettingsError
from idp.key_rotation.renewal import Renewal
from idp.key_rotation.usage import Usage
from keys.master import MasterKeys

COLUMNS = tuple(field.name for field in fields(Usage))


@click.command(epilog="Example: idp keys master --out /etc/kumiai/master.keys")
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--renew", is_flag=True, help="Put a new key first in the file that is there.")
def master(out: Path, renew: bool) -> None:
    """Draw a master key into a file that only its owner may read."""
    if renew:
        renewed = MasterKeys.renew(out)
        older = ", ".join(renewed.ids[1:])
        click.echo(
            f"{renewed.current_id} is now first in {out}, {older} stays; keep a copy, restart all"
            " nodes, then run `idp keys rewrap`"
        )
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SettingsError(
            f"{out} is there already and is never overwritten; --renew puts a new key first in it"
        ) from None
    with os.fdopen(descriptor, "w") as file:
        file.write(MasterKeys.generate_text())
        file.flush()
        os.fsync(file.fileno())
    click.echo(f"wrote {out}; keep a copy where no backup of the database lies")


@click.command(epilog="Example: idp keys rewrap --dry-run")
@click.option("--dry-run", is_flag=True, help="Only say what lies under which master key.")
@format_option
def rewrap(dry_run: bool, form: str) -> int:
    """Wrap every stored secret again under the current master key, the first in the file.

    May be stopped and started again at any time; sign-ins and refreshes go on meanwhile.
    """
    f = foundation()
    renewal = Renewal(build_rotation(f), f.master)
    before = renewal.usage()
    if dry_run:
        show([asdict(usage) for usage in before], COLUMNS, form)
        return 0
    waiting = sum(usage.wrapped for usage in before if usage.master_id != f.master.current_id)
    if sys.stderr.isatty():
        with click.progressbar(length=waiting, label="secrets", file=sys.stderr) as bar:
            again = renewal.run(operator(), bar.update)
    else:
        again = renewal.run(operator(), lambda _: None)
    sentence = f"{again} secrets were wrapped again under {f.master.current_id}"
    older = [u for u in renewal.usage() if u.master_id not in (None, f.master.current_id)]
    free = [str(usage.master_id) for usage in older if not usage.is_needed]
    if free:
        sentence += f"; nothing needs {', '.join(free)} any more"
    for usage in older:
        if usage.registration_codes:
            sentence += (
                f"; {usage.master_id} is still needed by {usage.registration_codes} registration"
                f" codes, the last until {usage.codes_until}"
            )
    content = {"rewrapped": again, "current": f.master.current_id, "not_needed": free}
    say(content, sentence, form)
    return 0
