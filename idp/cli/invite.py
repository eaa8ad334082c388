"""`idp invite`: registration codes for members."""

from __future__ import annotations

import click

from idp.assembly.registration import build_invitations
from idp.cli.output import format_option, foundation, operator, say, show
from idp.clock import date_in_tokyo
from idp.invitations.model import Invitation, SentBy, last_day
from idp.members.number import parse_member_number

COLUMNS = ("member_number", "state", "sent_by", "created_on", "valid_until", "printed_on")


class _Invite(click.Group):
    """`idp invite NUMBER` is short for `idp invite send NUMBER`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take what is no command as a member number."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            return "send", self.commands["send"], args
        return super().resolve_command(ctx, args)


@click.group(cls=_Invite, epilog="Example: idp invite 00000017 --letter")
def invite() -> None:
    """Invite members to register: `idp invite NUMBER`; list, withdraw, send again.

    A payment that comes in with a register feed invites by itself (policies/registration.toml).
    """


@invite.command(epilog="Example: idp invite send 00000017 --letter")
@click.argument("number")
@click.option("--letter", is_flag=True, help="By letter, also where a mail address is known.")
@format_option
def send(number: str, letter: bool, form: str) -> None:
    """Invite a member, by mail where an address is known; an earlier invitation ends."""
    f = foundation()
    way = SentBy.LETTER if letter else None
    made = build_invitations(f).invite(parse_member_number(number), operator(), way)
    _say(made, form)


@invite.command(name="list", epilog="Example: idp invite list --pending --format json")
@click.option("--pending", is_flag=True, help="Only those that nobody has used yet.")
@format_option
def list_(pending: bool, form: str) -> int:
    """List invitations and where each stands (never a code)."""
    f = foundation()
    now = f.clock.now()
    found = build_invitations(f).list(pending=pending)
    rows = [
        {
            "member_number": one.member_number,
            "state": one.state(now).value,
            "sent_by": one.sent_by.value,
            "created_on": date_in_tokyo(one.created_at),
            "valid_until": last_day(one.expires_at),
            "printed_on": date_in_tokyo(one.printed_at) if one.printed_at else None,
        }
        for one in sorted(found, key=lambda one: (one.member_number, one.created_at))
    ]
    show(rows, COLUMNS, form)
    return 0 if rows else 1


@invite.command(epilog="Example: idp invite withdraw 00000017 --reason 'sent to an old address'")
@click.argument("number")
@click.option("--reason", required=True, help="Why; it stands in the audit log.")
@format_option
def withdraw(number: str, reason: str, form: str) -> None:
    """Withdraw a member's invitation: its code opens nothing any more."""
    f = foundation()
    number = parse_member_number(number)
    build_invitations(f).withdraw(number, operator(), reason)
    say({"member_number": number, "withdrawn": True}, f"withdrawn: {number}", form)


@invite.command(epilog="Example: idp invite resend 00000017")
@click.argument("number")
@format_option
def resend(number: str, form: str) -> None:
    """Send a new code the way the last one went; the last one ends."""
    f = foundation()
    _say(build_invitations(f).resend(parse_member_number(number), operator()), form)


def _say(made: Invitation, form: str) -> None:
    until = last_day(made.expires_at)
    content = {
        "member_number": made.member_number,
        "sent_by": made.sent_by.value,
        "valid_until": until,
    }
    how = "by mail" if made.sent_by is SentBy.MAIL else "by letter (`idp member letters`)"
    say(content, f"invited {made.member_number} {how}; the code is valid until {until}", form)
