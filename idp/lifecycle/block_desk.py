"""What staff do with blocks: list, look up, lift one, lift all of one cause. Each with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from idp.blocks import store
from idp.blocks.model import Block
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.journal.model import NOBODY, Behind
from idp.lifecycle.standing import AccountStanding
from idp.policy.model import LimitName
from idp.storage.sql import Database
from idp.throttle.buckets import Buckets
from idp.throttle.lifting import Lifting

PAGE = 200
ADDRESS_RULES = (LimitName.FAILURES_PER_ADDRESS, LimitName.FAILURES_PER_NETWORK)


class NoBlock(IdpError):
    """There is no such block, or it is lifted or over already."""

    code = "no_block"
    status = 404


class ReasonNeeded(IdpError):
    """A block is lifted with a reason, in words."""

    code = "reason_needed"
    status = 400


@dataclass(frozen=True)
class BlockDesk:
    """Lists and lifts blocks."""

    database: Database
    clock: Clock
    lifting: Lifting
    standing: AccountStanding
    buckets: Buckets

    def page(
        self,
        before: tuple[int, str] | None = None,
        *,
        ended_too: bool = False,
        rule: LimitName | None = None,
        most: int = PAGE,
    ) -> list[Block]:
        """List blocks, newest first: those that run now, or all; before (instant, id)."""
        now = to_micros(self.clock.now())
        with self.database.read() as tx:
            start = before or (now + 1, "")
            return store.page(tx, now, start, most, ended_too=ended_too, rule=rule)

    def lift(self, block_id: str, actor: Actor, reason: str, behind: Behind = NOBODY) -> Block:
        """Lift one block; raises `NoBlock`, `ReasonNeeded`."""
        why = _checked(reason)
        now = self.clock.now()
        with self.database.read() as tx:
            block = store.find(tx, block_id) or store.find_by_reference(tx, block_id)
        if block is None or not block.runs(now):
            raise NoBlock(f"{block_id}: no block of this id or reference code runs now")
        if not self._lift(block, actor, why, now, behind):
            raise NoBlock(f"{block_id}: somebody else lifted it just now")
        return block

    def lift_all(
        self,
        rule: LimitName,
        actor: Actor,
        reason: str,
        progress: Callable[[int], None] = lambda _count: None,
    ) -> int:
        """Lift every running block of one cause, a page at a time; answers how many.

        Raises `ReasonNeeded`.
        """
        why, lifted, before = _checked(reason), 0, None
        while page := self.page(before, rule=rule):
            for block in page:
                lifted += self._lift(block, actor, why, self.clock.now())
            before = (to_micros(page[-1].started_at), page[-1].id)
            progress(len(page))
        return lifted

    def lift_one(self, block: Block, actor: Actor, reason: str, behind: Behind = NOBODY) -> bool:
        """Lift a block that was read before; False when it is lifted or over by now."""
        now = self.clock.now()
        return block.runs(now) and self._lift(block, actor, _checked(reason), now, behind)

    def _lift(
        self, block: Block, actor: Actor, reason: str, now: datetime, behind: Behind = NOBODY
    ) -> bool:
        rule = block.rule
        if rule is None:
            return self.standing.unblock(block.subject or "", actor, reason, behind)
        with self.database.begin() as tx:
            done = self.lifting.by_person(tx, block, actor, reason, now, behind)
            if done and rule in ADDRESS_RULES:
                # Its window stands in another store; what was lifted stays lifted if this fails.
                key = block.bucket.partition(":")[2]
                tx.afterwards.append(lambda: self.buckets.forget(rule, key))
        return done


def _checked(reason: str) -> str:
    why = reason.strip()
    if not why or len(why) > 500 or not why.isprintable():
        raise ReasonNeeded("a reason of 1 to 500 characters is needed; it stands in the audit log")
    return why
