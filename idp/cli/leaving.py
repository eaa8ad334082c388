"""`idp member leave`, `refunded`, `calendar`: withdrawals, refunds, and who has access when."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta

import click

from idp.assembly.leaving import build_calendar, build_leaving
from idp.cli.days import DAY
from idp.cli.output import format_option, foundation, operator, say, show
from idp.members.model import Member
from idp.members.number import parse_member_number
from idp.members.standing import access_ends_on

SHOWN_DAYS = timedelta(days=90)
COLUMNS = ("on", "member_number", "access", "because", "has_account")


@click.command(epilog="Example: idp member leave 00000201 --accepted-on 2027-03-10 --year-end")
@click.argument("number")
@click.option("--accepted-on", type=DAY, help="The day on which the withdrawal was accepted.")
@click.option("--year-end", is_flag=True, help="Retires at the year's end: refunded by policy.")
@click.option("--refund-on", type=DAY, help="The day on which the capital is to be refunded.")
@click.option("--take-back", is_flag=True, help="The withdrawal was taken back.")
@format_option
def leave(
    number: str,
    accepted_on: date | None,
    year_end: bool,
    refund_on: date | None,
    take_back: bool,
    form: str,
) -> None:
    """Record that a withdrawal was accepted, and when the capital is to be refunded.

    Access ends by itself at 00:00 in Japan of the day of the refund.
    """
    if take_back == (accepted_on is not None):
        raise click.UsageError("give either --accepted-on or --take-back")
    if (year_end and refund_on) or (take_back and (year_end or refund_on)):
        raise click.UsageError("--year-end, --refund-on and --take-back exclude each other")
    leaving, who = build_leaving(foundation()), parse_member_number(number)
    if accepted_on is None:
        _say(leaving.take_back(who, operator()), form)
        return
    planned = leaving.year_end(accepted_on) if year_end else refund_on
    _say(leaving.accept(who, accepted_on, planned, operator()), form)


@click.command(epilog="Example: idp member refunded 00000201 --on 2027-07-31")
@click.argument("number")
@click.option("--on", "on", type=DAY, required=True, help="The day on which it was paid out.")
@format_option
def refunded(number: str, on: date, form: str) -> None:
    """Record that the capital was paid out; access ends on that day at the latest."""
    leaving = build_leaving(foundation())
    _say(leaving.refunded(parse_member_number(number), on, operator()), form)


@click.command(epilog="Example: idp member calendar --from 2027-07-01 --to 2027-08-31")
@click.option("--from", "first", type=DAY, help="The first day; today without it.")
@click.option("--to", "last", type=DAY, help="The last day; 90 days on without it.")
@format_option
def calendar(first: date | None, last: date | None, form: str) -> None:
    """List who gains and who loses access on which day (numbers only, no names)."""
    f = foundation()
    begin = first or f.clock.today()
    turns = build_calendar(f).between(begin, last or begin + SHOWN_DAYS, operator())
    rows = [asdict(turn) for turn in turns]
    if form == "table":
        rows = [row | {"has_account": "yes" if row["has_account"] else "no"} for row in rows]
    show(rows, COLUMNS, form)


def _say(member: Member, form: str) -> None:
    ends_on = access_ends_on(member)
    content = {
        "member_number": member.member_number,
        "withdrawal_accepted_on": member.withdrawal_accepted_on,
        "refund_planned_on": member.refund_planned_on,
        "capital_refunded_on": member.capital_refunded_on,
        "access_ends_on": ends_on,
    }
    ending = f"access ends on {ends_on} at 00:00 in Japan" if ends_on else "no end is known"
    say(content, f"{member.member_number}: {ending}", form)
