"""`idp mail`: bounces, and mailboxes that cannot be reached."""

from __future__ import annotations

import sys

import click

from audit.names import EventName
from idp.cli.output import format_option, foundation, operator, say, show
from idp.mails import store
from idp.mails.bounces import MAX_BYTES, Bounces
from idp.members.japan.mail import parse_mail_address


@click.group()
def mail() -> None:
    """Mails: what bounced, and which mailboxes cannot be reached."""


@mail.command(epilog="Example: idp mail bounce < bounce.eml")
@format_option
def bounce(form: str) -> None:
    """Read one delivery report (RFC 3464) on standard input and mark its mailbox."""
    f = foundation()
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    found = Bounces(f.database, f.clock, f.policy, f.journal, f.mails).take(data)
    content = {
        "message": found.message,
        "status": found.status,
        "marked": found.is_of_mailbox,
    }
    words = "the mailbox is marked" if found.is_of_mailbox else "no mailbox is marked"
    say(content, f"{found.message}: {found.status}; {words}", form)


@mail.group()
def undeliverable() -> None:
    """Mailboxes that were reported as undeliverable: they get no notices."""


@undeliverable.command(name="list", epilog="Example: idp mail undeliverable list")
@format_option
def list_(form: str) -> None:
    """List the mailboxes that cannot be reached, since when, and why."""
    f = foundation()
    with f.database.read() as tx:
        found = store.list_all(tx)
    rows = ({"address": address, "since": since, "reason": why} for address, since, why in found)
    show(rows, ("address", "since", "reason"), form)


@undeliverable.command(epilog="Example: idp mail undeliverable clear taro@mihon.example")
@click.argument("address")
@format_option
def clear(address: str, form: str) -> int:
    """Take a mailbox as deliverable again, because its owner says so."""
    f = foundation()
    mailbox = parse_mail_address(address, f.policy.policy.mail.carrier_domains).normal_form
    with f.database.begin() as tx:
        done = store.clear(tx, mailbox)
        if done:
            f.journal.record(tx, EventName.MAILBOX_CLEARED, f.clock.now(), actor=operator())
    words = f"{mailbox} gets all mails again" if done else f"{mailbox} was not marked"
    say({"address": mailbox, "cleared": done}, words, form)
    return 0 if done else 1
