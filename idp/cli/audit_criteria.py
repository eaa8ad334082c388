"""The options by which events of the audit log are chosen, the same for all its commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from audit.event import OUTCOMES
from idp.assembly.foundation import Foundation
from idp.audit_room.asking import names_in_order, read_criteria
from idp.audit_search.model import Criteria

Command = TypeVar("Command", bound=Callable[..., Any])
PERSON = click.option("--person", help="About whom: a member number or a subject.")
ACTOR = click.option("--actor", help="Who acted: the id, as `cli:root`.")
CLIENT = click.option("--client", help="At which relying party.")
ADDRESS = click.option("--address", help="From where: 203.0.113.7, 203.0.113.0/24, 2001:db8::/64.")
FROM = click.option("--from", "begin", help="The first day in Japan, or an instant.")
TO = click.option("--to", "end", help="The last day in Japan, or the instant before which.")
OPTIONS = (
    PERSON,
    click.option("--subject", help="The same as --person."),
    ACTOR,
    CLIENT,
    ADDRESS,
    click.option("--name", type=click.Choice(names_in_order()), metavar="NAME", help="What."),
    click.option("--outcome", type=click.Choice(sorted(OUTCOMES)), help="How it ended."),
    click.option("--reference", help="The reference code a member reads out."),
    click.option("--session", help="In which session."),
    click.option("--case", help="In which case of the help desk."),
    FROM,
    TO,
)


def criteria_options(command: Command) -> Command:
    """Add all criteria."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def criteria_of(f: Foundation, typed: dict[str, str | None]) -> Criteria:
    """Read the criteria of a command; raises `BadCriteria` with one sentence."""
    person, subject = typed.get("person"), typed.pop("subject", None)
    if person and subject:
        raise click.UsageError("--subject is the same as --person: name one of them")
    given = typed | {"person": person or subject}
    given |= {"from": given.pop("begin", None), "to": given.pop("end", None)}
    with f.database.read() as tx:
        return read_criteria(tx, given)
