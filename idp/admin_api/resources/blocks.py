"""Blocks: list, explain, lift one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import msgspec

from audit.names import EventName
from idp.admin_api.looks import Looks
from idp.admin_api.model import Answer, Call, CallRefused, Shape, Wanted, Wrong
from idp.admin_api.problems import Problem
from idp.admin_api.routes import Kind, Route
from idp.admin_api.words import Reason, Size
from idp.attempts.explaining import Explained, explain
from idp.blocks import store
from idp.blocks.model import Block
from idp.blocks.words import explained
from idp.clock import to_micros
from idp.journal.service import Journal
from idp.lifecycle.block_desk import BlockDesk, NoBlock
from idp.policy.model import LimitName
from idp.policy.staff import Permission
from idp.storage.sql import Database

_AFTER: Final = "^[0-9]{1,18}[.][0-9a-f-]{36}$"


class ListBlocks(Wanted, frozen=True):
    """Which blocks to list."""

    rule: LimitName | None = None
    ended: bool = False
    limit: Size = 50
    after: Annotated[str, msgspec.Meta(pattern=_AFTER)] | None = None


class BlockShape(Shape, frozen=True):
    """One block. Network addresses it may stand on are not told."""

    id: str
    kind: str
    scope: str
    rule: str | None
    subject_kind: str
    subject: str | None
    reference: str
    started_at: datetime
    until: datetime | None
    policy: str
    lifted_at: datetime | None
    lifted_by: str | None
    lift_reason: str | None


class BlockPage(Shape, frozen=True):
    """Blocks, newest first."""

    blocks: list[BlockShape]
    next: str | None


class Explanation(Shape, frozen=True):
    """What stands behind a reference code, in the words that its owner was told."""

    ja: str
    en: str
    block: BlockShape | None
    event: str | None
    rule: str | None
    failed: int | None
    limit: int | None
    window_seconds: int | None
    policy: str | None


class Lift(Wanted, frozen=True):
    """Lift a block."""

    reason: Reason


@dataclass(frozen=True)
class Blocks:
    """The block desk, for programs."""

    desk: BlockDesk
    database: Database
    journal: Journal
    looks: Looks

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        view, lift = Permission.BLOCK_VIEW, Permission.BLOCK_LIFT
        return (
            Route(
                method="GET",
                path="/blocks",
                need=view,
                kind=Kind.READ,
                do=self.list,
                title="List what is blocked, newest first",
                query=ListBlocks,
                gives=BlockPage,
            ),
            Route(
                method="GET",
                path="/blocks/{block}",
                need=view,
                kind=Kind.PERSON,
                do=self.explain,
                title="Explain a block or a reference code",
                gives=Explanation,
            ),
            Route(
                method="POST",
                path="/blocks/{block}/lift",
                need=lift,
                kind=Kind.CHANGE,
                do=self.lift,
                title="Lift a block",
                takes=Lift,
                gives=BlockShape,
            ),
        )

    def list(self, call: Call) -> Answer:
        """List a page."""
        asked: ListBlocks = call.query
        before = _position(asked.after)
        found = self.desk.page(before, ended_too=asked.ended, rule=asked.rule, most=asked.limit)
        last = found[-1] if len(found) == asked.limit else None
        after = f"{to_micros(last.started_at)}.{last.id}" if last else None
        return Answer(BlockPage(blocks=[shape_of(one) for one in found], next=after))

    def explain(self, call: Call) -> Answer:
        """Explain; looking is an event, whether or not something was found."""
        code = call.place["block"]
        self.looks.pay(call, 1)
        with self.database.begin() as tx:
            found = explain(tx, code)
            by_id = store.find(tx, code) if found is None else None
            hit = found is not None or by_id is not None
            self.journal.record(
                tx,
                EventName.AUDIT_SEARCHED,
                call.now,
                actor=call.actor,
                client=call.caller.client_id,
                origin=call.caller.origin,
                data={"name": None, "reference": code, "found": int(hit), "reason": call.reason},
            )
        if found is not None and found.block is None:
            return Answer(_of_attempt(found))
        block = found.block if found is not None else by_id
        if block is None:
            raise NoBlock(code)
        return Answer(_of_block(block))

    def lift(self, call: Call) -> Answer:
        """Lift."""
        block = self.desk.lift(call.place["block"], call.actor, call.reason)
        with self.database.read() as tx:
            lifted = store.find(tx, block.id)
        return Answer(shape_of(lifted or block), about={"reference": block.reference})


def shape_of(one: Block) -> BlockShape:
    """Show a block."""
    return BlockShape(
        id=one.id,
        kind=one.kind.value,
        scope=one.scope.value,
        rule=one.rule.value if one.rule else None,
        subject_kind=one.subject_kind.value,
        subject=one.subject,
        reference=one.reference,
        started_at=one.started_at,
        until=one.until,
        policy=one.policy_digest,
        lifted_at=one.lifted_at,
        lifted_by=one.lifted_by,
        lift_reason=one.lift_reason,
    )


def _of_block(one: Block) -> Explanation:
    return Explanation(
        ja=explained(one, "ja"),
        en=explained(one, "en"),
        block=shape_of(one),
        event=None,
        rule=one.rule.value if one.rule else None,
        failed=one.evidence.failed if one.evidence else None,
        limit=None,
        window_seconds=one.evidence.window_seconds if one.evidence else None,
        policy=one.policy_digest,
    )


def _of_attempt(found: Explained) -> Explanation:
    facts = found.attempt.decision if found.attempt else None
    return Explanation(
        ja=found.sentences("ja"),
        en=found.sentences("en"),
        block=None,
        event=found.attempt.name if found.attempt else None,
        rule=facts.rule if facts else found.flooded_by.value if found.flooded_by else None,
        failed=facts.failed if facts else None,
        limit=facts.limit if facts else None,
        window_seconds=facts.window_seconds if facts else None,
        policy=facts.policy if facts else None,
    )


def _position(after: str | None) -> tuple[int, str] | None:
    if after is None:
        return None
    at, _, block_id = after.partition(".")
    if not re.fullmatch(_AFTER, after) or int(at) >= 2**63:
        raise CallRefused(Problem.QUERY, errors=(Wrong("after", "no page ended here"),))
    return int(at), block_id
