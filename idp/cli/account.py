"""`idp account`: make, show, stop, block and restore accounts."""

from __future__ import annotations

import sys

import click

from idp.accounts import store
from idp.accounts.model import Account
from idp.accounts.service import Accounts
from idp.assembly.foundation import Foundation
from idp.cli.erase import erase
from idp.cli.legacy import import_legacy, legacy
from idp.cli.output import format_option, foundation, operator, say
from idp.lifecycle.standing import AccountStanding, UnknownAccount
from idp.members.number import parse_member_number
from idp.storage.sql import Tx

WHO = click.argument("who")
REASON = click.option("--reason", required=True, help="Why; it stands in the audit log.")


@click.group()
def account() -> None:
    """Accounts: WHO is a member number or a subject."""


@account.command(epilog="Example: idp account add 00000017 taro@mihon.example < password.txt")
@click.argument("number")
@click.argument("address")
@format_option
def add(number: str, address: str, form: str) -> None:
    """Make an account for a member; the password is one line of standard input."""
    password = (
        click.prompt("password", hide_input=True, confirmation_prompt=True)
        if sys.stdin.isatty()
        else sys.stdin.readline().rstrip("\r\n")
    )
    f = foundation()
    service = Accounts(f.database, f.clock, f.policy, f.journal)
    made = service.add(parse_member_number(number), address, password, operator())
    say({"subject": made.subject}, f"made {made.subject}", form)


@account.command(epilog="Example: idp account show 00000017")
@WHO
@format_option
def show(who: str, form: str) -> None:
    """Show an account's standing."""
    f = foundation()
    with f.database.read() as tx:
        found = _find(tx, who)
    content = {
        "subject": found.subject,
        "member_number": found.member_number,
        "stopped_at": found.stopped_at,
        "blocked_at": found.disabled_at,
        "credentials_changed_at": found.credentials_changed_at,
    }
    say(content, "\n".join(f"{key}: {value}" for key, value in content.items()), form)


@account.command(epilog="Example: idp account stop 00000017 --reason 'asked by letter'")
@WHO
@REASON
@format_option
def stop(who: str, reason: str, form: str) -> None:
    """Stop the service for an account: everything it is signed in to ends."""
    f = foundation()
    subject = _subject(f, who)
    _standing(f).stop(subject, operator(), reason)
    say({"subject": subject, "stopped": True}, f"stopped {subject}", form)


@account.command(epilog="Example: idp account block 00000017 --reason 'reported stolen'")
@WHO
@REASON
@format_option
def block(who: str, reason: str, form: str) -> None:
    """Put an account under an administrative block: everything it is signed in to ends."""
    f = foundation()
    subject = _subject(f, who)
    _standing(f).block(subject, operator(), reason)
    say({"subject": subject, "blocked": True}, f"blocked {subject}", form)


@account.command(epilog="Example: idp account restore 00000017 --reason 'proofed by telephone'")
@WHO
@REASON
@format_option
def restore(who: str, reason: str, form: str) -> None:
    """Take a stopped or blocked account back into service."""
    f = foundation()
    subject = _subject(f, who)
    _standing(f).restore(subject, operator(), reason)
    say({"subject": subject, "restored": True}, f"restored {subject}", form)


account.add_command(erase)
account.add_command(import_legacy)
account.add_command(legacy)


def _standing(f: Foundation) -> AccountStanding:
    return AccountStanding(f.database, f.clock, f.journal, f.endings)


def _subject(f: Foundation, who: str) -> str:
    with f.database.read() as tx:
        return _find(tx, who).subject


def _find(tx: Tx, who: str) -> Account:
    found = store.find(tx, who) or store.find_by_number(tx, who)
    if found is None:
        raise UnknownAccount(f"{who}: no account of this member number or subject")
    return found
