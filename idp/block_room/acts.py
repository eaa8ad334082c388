"""The act on blocks that `approvals.toml` may send to a second person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.approvals.model import Author, Difference, Line, Parameters
from idp.block_room import store
from idp.block_room.model import (
    MOST_AT_ONCE,
    BlockSet,
    NothingToLift,
    OwnBlock,
    SetChanged,
)
from idp.blocks import store as blocks
from idp.clock import from_micros, to_micros
from idp.errors import IdpError
from idp.journal.model import Behind
from idp.lifecycle.block_desk import BlockDesk
from idp.policy.approvals import ApprovalKind
from idp.policy.model import LimitName
from idp.policy.staff import Permission
from idp.storage.sql import Tx
from idp.web.i18n import mark as _


class BadAct(IdpError):
    """Parameters that no page of ours sends."""

    code = "bad_request"
    status = 400


@dataclass(frozen=True)
class LiftAll:
    """Lifts the blocks of one cause that ran when the act was prepared, as far as they still run.

    Parameters: `rule`, `at` (microseconds), `set` (the digest of their ids). What began later is
    nobody's decision yet, and stays.
    """

    desk: BlockDesk
    kind = ApprovalKind.BLOCK_LIFT_ALL
    needs = Permission.BLOCK_LIFT

    def prepare(self, rule: LimitName, at: datetime | None = None) -> BlockSet:
        """Give the blocks of a cause that run now, or ran at an instant; at most the newest 500."""
        with self.desk.database.read() as tx:
            return self._set(tx, rule, at or self.desk.clock.now())

    @staticmethod
    def parameters(prepared: BlockSet) -> Parameters:
        """Give what the act is told."""
        at = to_micros(prepared.at)
        return {"rule": prepared.rule.value, "at": at, "set": prepared.digest}

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Tell how many of which cause; raises `SetChanged`, `NothingToLift`."""
        found = self._checked(tx, parameters)
        count = str(len(found.blocks))
        lines = (
            Line(_("制限の種類"), found.rule.value, None),
            Line(_("この時刻に続いていた制限"), found.at.isoformat(timespec="seconds"), None),
            Line(_("続いている制限の件数"), count, "0"),
            Line(_("制限の番号の一覧のハッシュ"), found.digest, None),
        )
        return Difference(lines, count=len(found.blocks))

    def permit(self, tx: Tx, parameters: Parameters, requester: str) -> None:
        """Raise `OwnBlock` when one of them stands on the account of who asks."""
        if any(one.subject == requester for one in self._checked(tx, parameters).blocks):
            raise OwnBlock("one of these blocks stands on your own account")

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Lift those that still run at `now`; raises `SetChanged`, `NothingToLift`."""
        found = self._checked(tx, parameters)
        behind, who, why = behind_of(author, {"set": found.digest}), author.actor, author.reason
        running = [one for one in found.blocks if one.runs(now)]
        if sum(self.desk.lift_one(one, who, why, behind) for one in running) == 0:
            raise NothingToLift("none of these blocks runs any more")

    def _checked(self, tx: Tx, parameters: Parameters) -> BlockSet:
        rule, at = parameters.get("rule"), parameters.get("at")
        if not isinstance(at, int) or rule not in {one.value for one in LimitName}:
            raise BadAct("rule and at are needed")
        if not 0 < at <= to_micros(self.desk.clock.now()):
            raise BadAct("at lies in the future")
        found = self._set(tx, LimitName(str(rule)), from_micros(at))
        if found.digest != parameters.get("set"):
            raise SetChanged("the blocks are not those that were shown; look at them anew")
        now = self.desk.clock.now()
        if not any(one.runs(now) for one in found.blocks):
            raise NothingToLift("none of these blocks runs any more")
        return found

    def _set(self, tx: Tx, rule: LimitName, at: datetime) -> BlockSet:
        ids = store.ran_at(tx, rule, to_micros(at), MOST_AT_ONCE + 1)
        found = [blocks.find(tx, one) for one in ids[:MOST_AT_ONCE]]
        kept = tuple(one for one in found if one is not None)
        return BlockSet(rule, at, kept, more=len(ids) > MOST_AT_ONCE)


def behind_of(author: Author, more: Mapping[str, Any]) -> Behind:
    """Give what the events of an act say of who stands behind it."""
    upon = {"approval": author.approval} if author.approval else {}
    return Behind(author.origin, author.session, {"reason": author.reason, **upon, **more})
