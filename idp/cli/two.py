"""Commands whose act the policy may send to a second person (`approvals.toml`).

Whoever stands on the node asks as the operating system knows them; somebody of the staff decides
on `/staff/approvals`. A request that waits is not done: the command says so, and ends with 1.
"""

from __future__ import annotations

from typing import Any

import click

from idp.approvals.model import Parameters, Requester, Submitted, Waits
from idp.assembly.approvals import build_approvals
from idp.assembly.foundation import Foundation
from idp.cli.output import operator, say
from idp.errors import IdpError, Unavailable
from idp.journal.model import NOWHERE
from idp.policy.approvals import ApprovalKind, SecondPerson
from idp.staff.views.places import APPROVALS

BREAK_GLASS = click.option(
    "--break-glass", is_flag=True, help="Do it now in an emergency; somebody else reviews it."
)


def rule_for(f: Foundation, kind: ApprovalKind) -> SecondPerson | None:
    """Tell what policy asks for; nothing where the policy in force cannot be read at all."""
    try:
        return f.policy.policy.approvals.for_kind(kind)
    except Unavailable:
        raise
    except IdpError:  # it does not fit this version: it is about to be replaced by one that does
        return None


def submit(
    f: Foundation, kind: ApprovalKind, parameters: Parameters, reason: str | None, emergency: bool
) -> Submitted:
    """Do it, or let it wait; raises `UsageError` without a reason."""
    if not reason:
        raise click.UsageError(f"{kind} needs --reason: policy asks a second person about it")
    approvals, who = build_approvals(f), operator()
    act = approvals.deciding.acts[kind]
    asks = Requester(str(who.id), who, NOWHERE)
    return approvals.submit(act, parameters, asks, reason, break_glass=emergency)


def say_what_became_of_it(
    f: Foundation, done: Submitted, content: dict[str, Any], sentence: str, form: str
) -> int:
    """Say whether it is done, waits, or is to be reviewed; gives the exit code."""
    if isinstance(done, Waits):
        where = f"{f.settings.issuer}{APPROVALS}/{done.approval}"
        told = {"approval": done.approval, "expires_at": done.expires_at, "url": where}
        until = f"{done.expires_at:%Y-%m-%d %H:%M} UTC"
        say(
            content | told,
            f"not done yet: it waits for a second person until {until}, at {where}",
            form,
        )
        return 1
    if done.review_by is not None:
        content = content | {"review_by": done.review_by}
        sentence = f"{sentence}; somebody else reviews it by {done.review_by:%Y-%m-%d %H:%M} UTC"
    say(content, sentence, form)
    return 0
