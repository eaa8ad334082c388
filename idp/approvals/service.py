"""Acts that need two: asked for by one, shown to another, done in the transaction of the decision.

The decision is bound to the hash of what was shown, and to the difference as it is at that moment.
A request is used once; what became of it never changes again. Who may: `idp.approvals.who`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from audit.names import EventName
from idp.approvals import store
from idp.approvals.act import Act, permit
from idp.approvals.asking import Asking, author_of
from idp.approvals.deciding import Deciding, Decision, Over
from idp.approvals.model import (
    MOST_REASON,
    Approval,
    ApprovalRefused,
    BadRequest,
    Content,
    Parameters,
    Performed,
    Requester,
    State,
    Submitted,
    UnknownApproval,
    Why,
)
from idp.approvals.singly import Singly
from idp.approvals.vault import ANSWER, plain
from idp.approvals.who import STAFF, is_about_staff
from idp.clock import Clock, to_micros
from idp.policy.staff import Permission
from idp.staff.authority import hold_authority
from idp.storage.sql import Database, Tx

MOST_LISTED = 200


@dataclass(frozen=True)
class Approvals:
    """Sends acts to a second person where the policy says so; does the others at once."""

    database: Database
    clock: Clock
    asking: Asking
    deciding: Deciding
    singly: Singly

    def submit(
        self,
        act: Act,
        parameters: Parameters,
        requester: Requester,
        reason: str,
        break_glass: bool = False,
    ) -> Submitted:
        """Do an act, or let it wait for a second person; the same thing asked twice waits once.

        `break_glass`: do it now, with a review afterwards, where the policy lets it pass so.
        Raises `BadRequest` for no reason in words, `ApprovalRefused`, and what the act raises.
        """
        why, now, given = words(reason), self.clock.now(), plain(parameters)
        with self.database.together() as tx:
            if is_about_staff(act.kind):
                hold_authority(tx)
            elif requester.actor.kind == STAFF:
                tx.lock(f"staff:{requester.staff_id}")  # as they are until it is on record
            self._check_requester(tx, act, given, requester)
            difference = act.difference(tx, given)
            rule = self.deciding.who.policy.policy.approvals.for_kind(act.kind)
            content = Content(given, difference, why)
            if self.singly.is_free(tx, rule, requester.staff_id, difference.count, now):
                act.perform(tx, given, author_of(requester, why), now)
                return Performed()
            if break_glass and not self.deciding.who.rule(act.kind).break_glass:
                raise ApprovalRefused(Why.NO_BREAK_GLASS)
            if break_glass:
                return self.asking.break_glass(tx, act, content, requester, now)
            return self.asking.wait(tx, act, content, requester, now)

    def decide(
        self, approval_id: str, digest: str, decider: Requester, *, approve: bool, reason: str
    ) -> State:
        """Approve or decline what was shown under a hash; gives what became of the request.

        `CHANGED`, `EXPIRED`, `LAPSED`: it is over, and nothing was done. Raises `UnknownApproval`,
        `ApprovalRefused`, and what the act raises: then it still waits.
        """
        why, now = words(reason), self.clock.now()
        one, decision = self.find(approval_id), Decision(digest, decider, approve, why)
        try:
            with self.database.together() as tx:
                return self.deciding.decide(tx, one, decision, now)
        except Over as over:
            return self._end(over.one, over.state, now)
        except ApprovalRefused as refused:
            with self.database.begin() as tx:
                self.deciding.events.refused(tx, one, decider, refused.why.value, now)
            raise

    def withdraw(self, approval_id: str, requester: Requester, reason: str) -> State:
        """Take back what one asked for; raises `UnknownApproval`, `ApprovalRefused`."""
        why, now = words(reason), self.clock.now()
        one = self.find(approval_id)
        if one.requester != requester.staff_id:
            raise ApprovalRefused(Why.NOT_YOURS)
        with self.database.together() as tx:
            self.deciding.hold(tx, one, requester)
            self.deciding.take(tx, one, State.WITHDRAWN, requester, why, now)
        return State.WITHDRAWN

    def review(self, approval_id: str, reviewer: Requester, *, in_order: bool, remark: str) -> None:
        """Look at what was done in an emergency; by another person, who may decide such acts."""
        why, now = words(remark), self.clock.now()
        one = self.find(approval_id)
        with self.database.together() as tx:
            self.deciding.hold(tx, one, reviewer)
            self.deciding.who.check_decider(tx, one, reviewer)
            answer = self.deciding.vault.seal(tx, one.id, ANSWER, why, one.person, now)
            at, by = to_micros(now), reviewer.staff_id
            if not store.reviewed(tx, one.id, at, by, answer, in_order=in_order):
                raise ApprovalRefused(Why.OVER)
            data = {"in_order": in_order, "reason": why}
            self.deciding.events.by(tx, EventName.BREAK_GLASS_REVIEWED, one, reviewer, now, data)

    def expire(self, most: int = 100) -> int:
        """End what nobody decided about in time, or whose requester left; answers how many."""
        now = self.clock.now()
        with self.database.begin() as tx:
            self.singly.forget(tx, now)
        with self.database.read() as tx:
            over = store.over(tx, to_micros(now), most)
            left = store.of_ended(tx, most)
        ended = sum(self._end(one, State.EXPIRED, now) is State.EXPIRED for one in over)
        return ended + sum(self._end(one, State.LAPSED, now) is State.LAPSED for one in left)

    def waiting(self, staff_id: str, permissions: Collection[Permission]) -> list[Approval]:
        """List what waits for this person: what they may decide, and did not ask for."""
        with self.database.read() as tx:
            found = store.waiting(tx, to_micros(self.clock.now()), MOST_LISTED)
        return [
            one
            for one in found
            if one.requester != staff_id and self.decided_by(one) in permissions
        ]

    def asked_by(self, staff_id: str) -> list[Approval]:
        """List what somebody asked for, the newest first."""
        with self.database.read() as tx:
            return store.asked_by(tx, staff_id, MOST_LISTED)

    def ended(self, permissions: Collection[Permission]) -> list[Approval]:
        """List what is over of the kinds somebody may decide, the last first."""
        with self.database.read() as tx:
            found = store.ended(tx, MOST_LISTED)
        return [one for one in found if self.decided_by(one) in permissions]

    def unreviewed(self) -> list[Approval]:
        """List what was done in an emergency and nobody has looked at, the first due first."""
        with self.database.read() as tx:
            return store.unreviewed(tx)

    def decided_by(self, one: Approval) -> Permission:
        """Tell what it takes to decide, by the policy in force."""
        return self.deciding.who.rule(one.kind).decided_by

    def read(self, one: Approval) -> tuple[Content | None, str | None]:
        """Open what a request says, and what was said to it; None when its person was erased."""
        with self.database.read() as tx:
            return self.deciding.vault.content(tx, one), self.deciding.vault.answer(tx, one)

    def look(self, approval_id: str, who: Requester) -> tuple[Approval, Content | None, str | None]:
        """Do as `find` and `read` for somebody who looks at a page; it is an event."""
        one, now = self.find(approval_id), self.clock.now()
        with self.database.begin() as tx:
            data = {"digest": one.digest}
            self.deciding.events.by(tx, EventName.APPROVAL_VIEWED, one, who, now, data)
        return one, *self.read(one)

    def find(self, approval_id: str) -> Approval:
        """Find a request; raises `UnknownApproval`."""
        with self.database.read() as tx:
            found = store.find(tx, approval_id)
        if found is None:
            raise UnknownApproval(approval_id[:40])
        return found

    def _check_requester(
        self, tx: Tx, act: Act, parameters: Parameters, requester: Requester
    ) -> None:
        if requester.actor.kind != STAFF:
            return  # an operator on the node, who needs no role
        if not self.deciding.who.may(tx, requester.staff_id, act.needs):
            raise ApprovalRefused(Why.NO_PERMISSION)
        self.deciding.who.check_browser(tx, requester)
        permit(act, tx, parameters, requester.staff_id)

    def _end(self, one: Approval, state: State, now: datetime) -> State:
        """End it on its own; gives what it is then, should somebody else have been quicker."""
        with self.database.begin() as tx:
            self.deciding.close(tx, one, state, now)
        return self.find(one.id).state


def words(text: str) -> str:
    """Check a reason: one line of words; raises `BadRequest`."""
    said = text.replace("\u3000", " ").strip()
    if not said or len(said) > MOST_REASON or not said.isprintable():
        raise BadRequest(Why.NO_REASON)
    return said
