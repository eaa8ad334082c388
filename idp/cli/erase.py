"""`idp account erase`: a person goes, the log stays."""

from __future__ import annotations

import click

from idp.assembly.retention import build_eraser
from idp.cli.output import format_option, foundation, operator, say


@click.command(epilog="Example: idp account erase 00000017 --reason 'asked by letter' --dry-run")
@click.argument("who")
@click.option("--reason", required=True, help="Why; it stands in the audit log: name nobody.")
@click.option("--dry-run", is_flag=True, help="Only tell what would go.")
@format_option
def erase(who: str, reason: str, dry_run: bool, form: str) -> None:
    """Erase a person: their key, account, factors, mails, and what the register knows of them."""
    eraser = build_eraser(foundation())
    if dry_run:
        found = eraser.look(who)
        lines = [f"{what}: {value}" for what, value in found.items()]
        say(found | {"erased": False}, "\n".join(["would erase", *lines]), form)
        return
    entry = eraser.erase(who, reason, operator())
    content = {"number": entry.number, "subject": entry.subject, "erased": True}
    say(content, f"erased {entry.number}; keys in memory elsewhere are gone within 60 s", form)
