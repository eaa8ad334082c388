"""Deciding: everything about a decision, within its one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.approvals import store
from idp.approvals.act import Act, permit, permit_decision
from idp.approvals.events import ApprovalEvents
from idp.approvals.model import (
    Approval,
    ApprovalRefused,
    Author,
    Content,
    Difference,
    Requester,
    State,
    Why,
)
from idp.approvals.vault import ANSWER, Vault, as_data
from idp.approvals.who import PROGRAM, STAFF, Who
from idp.clock import to_micros
from idp.errors import IdpError, Unavailable
from idp.journal.model import Origin
from idp.policy.approvals import ApprovalKind
from idp.storage.sql import Tx


class Over(Exception):
    """The request cannot be decided any more; nothing of the decision is stored."""

    def __init__(self, one: Approval, state: State) -> None:
        super().__init__(state.value)
        self.one, self.state = one, state


@dataclass(frozen=True, slots=True)
class Decision:
    """What a second person says about a request, and which content they were shown."""

    digest: str
    decider: Requester
    approve: bool
    reason: str


@dataclass(frozen=True)
class Deciding:
    """Decides, and ends requests."""

    events: ApprovalEvents
    vault: Vault
    who: Who
    acts: Mapping[ApprovalKind, Act]

    def decide(self, tx: Tx, found: Approval, decision: Decision, now: datetime) -> State:
        """Take a decision; raises `Over`, `ApprovalRefused`, and what the act raises."""
        one = self.hold(tx, found, decision.decider)
        if one.state is not State.WAITING:
            raise ApprovalRefused(Why.OVER)
        self.who.check_decider(tx, one, decision.decider)
        if decision.digest != one.digest:
            raise ApprovalRefused(Why.OTHER_CONTENT)
        if now >= one.expires_at:
            raise Over(one, State.EXPIRED)
        if decision.approve:
            self._do(tx, one, decision.decider, now)
        state = State.APPROVED if decision.approve else State.DECLINED
        self.take(tx, one, state, decision.decider, decision.reason, now)
        return state

    def hold(self, tx: Tx, found: Approval, decider: Requester) -> Approval:
        """Keep others off a request and off the roles of both; gives it as it is now."""
        self.who.hold(tx, found, decider.staff_id)
        tx.lock(f"approval:{found.id}")
        one = store.find(tx, found.id)
        assert one is not None  # requests are never deleted while they wait
        return one

    def take(
        self, tx: Tx, one: Approval, state: State, who: Requester, why: str, now: datetime
    ) -> None:
        """End a request in somebody's name; raises `ApprovalRefused` when it was over before."""
        answer = self.vault.seal(tx, one.id, ANSWER, why, one.person, now)
        if not store.end(tx, one.id, state, to_micros(now), who.staff_id, answer):
            raise ApprovalRefused(Why.OVER)
        self.events.ended(tx, one, state, who, why, now)

    def close(self, tx: Tx, one: Approval, state: State, now: datetime) -> bool:
        """End a request without a decision; False when it was over before."""
        if not store.end(tx, one.id, state, to_micros(now), None):
            return False
        self.events.over(tx, one, state, now)
        return True

    def _do(self, tx: Tx, one: Approval, decider: Requester, now: datetime) -> None:
        act, content = self.acts[one.kind], self.vault.content(tx, one)
        if content is None or not self._may_still_ask(tx, act, one, content):
            raise Over(one, State.LAPSED)
        if as_data(self._difference(tx, act, one, content)) != as_data(content.difference):
            raise Over(one, State.CHANGED)
        self._check_nearness(tx, act, content, decider)
        # Asked for elsewhere and earlier: of the decision's origin only the request is the act's.
        here = Origin(request_id=decider.origin.request_id)
        author = Author(one.actor, content.reason, here, None, one.id)
        act.perform(tx, content.parameters, author, now)

    def _check_nearness(self, tx: Tx, act: Act, content: Content, decider: Requester) -> None:
        try:
            permit_decision(act, tx, content.parameters, decider.staff_id)
        except Unavailable:
            raise
        except IdpError as error:
            raise ApprovalRefused(Why.ABOUT_YOU) from error

    def _may_still_ask(self, tx: Tx, act: Act, one: Approval, content: Content) -> bool:
        if one.actor.kind == PROGRAM:
            return self.who.may_program(one.requester, act.needs)
        if one.actor.kind != STAFF:
            return True
        try:
            permit(act, tx, content.parameters, one.requester)
        except Unavailable:
            raise
        except IdpError:
            return False
        return self.who.may(tx, one.requester, act.needs)

    def _difference(self, tx: Tx, act: Act, one: Approval, content: Content) -> Difference:
        try:
            return act.difference(tx, content.parameters)
        except Unavailable:
            raise
        except IdpError as error:
            raise Over(one, State.CHANGED) from error  # it cannot be done at all any more
