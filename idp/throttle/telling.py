"""Who is told of a block: a device that is known to the account, and nobody else on a page.

A stranger's page is the same whatever is blocked (`design` of the limits: silence to strangers);
the owner's own browser gets the truth: why, until when, what to do.
"""

from __future__ import annotations

from datetime import datetime

from idp.blocks import store as blocks
from idp.blocks.model import Block, Scope
from idp.clock import to_micros
from idp.storage.sql import Tx
from idp.throttle.model import Budget


def told_to(tx: Tx, budget: Budget | None, now: datetime) -> tuple[Block, ...]:
    """Give the running blocks that a browser paying from this budget is told of.

    One on another device is none of its business; one on strangers is: somebody is guessing.
    """
    if budget is None or budget.stranger or budget.subject is None:
        return ()
    running = blocks.running_of(tx, budget.subject, to_micros(now))
    return tuple(
        one for one in running if one.bucket == budget.bucket or one.scope is not Scope.DEVICE
    )
