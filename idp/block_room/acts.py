"""Acts on blocks and policy that `approvals.toml` may send to a second person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.approvals.model import Author, Difference, Line, Parameters
from idp.block_room import store
from idp.block_room.changes import changes
from idp.block_room.model import (
    MOST_AT_ONCE,
    BlockSet,
    NothingToLift,
    OwnBlock,
    PolicyMoved,
    Proposed,
    RehearsalState,
    SetChanged,
    UnknownProposal,
    is_id,
)
from idp.blocks import store as blocks
from idp.clients.service import Clients
from idp.clock import Clock, from_micros, to_micros
from idp.errors import IdpError
from idp.inforce import store as policies
from idp.inforce.service import STAMP, activate, read_active
from idp.journal.model import Behind
from idp.journal.service import Journal
from idp.lifecycle.block_desk import BlockDesk
from idp.policy.approvals import ApprovalKind
from idp.policy.folder import Proposal, proposal
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
        if not found.blocks:
            raise NothingToLift("no block of this cause ran then")
        return found

    def _set(self, tx: Tx, rule: LimitName, at: datetime) -> BlockSet:
        ids = store.ran_at(tx, rule, to_micros(at), MOST_AT_ONCE + 1)
        found = [blocks.find(tx, one) for one in ids[:MOST_AT_ONCE]]
        kept = tuple(one for one in found if one is not None)
        return BlockSet(rule, at, kept, more=len(ids) > MOST_AT_ONCE)


@dataclass(frozen=True)
class PolicyActivation:
    """Puts a rehearsed proposal in force. Parameters: `proposal` (its id), `digest`."""

    journal: Journal
    clients: Clients
    kind = ApprovalKind.POLICY_ACTIVATION
    needs = Permission.POLICY_CHANGE

    @staticmethod
    def parameters(proposed: Proposed) -> Parameters:
        """Give what the act is told."""
        return {"proposal": proposed.id, "digest": proposed.digest}

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Tell what changes, and what the rehearsal found; raises as `perform` does."""
        found, old, new = self._checked(tx, parameters)
        lines = [
            Line(_("方針のハッシュ"), found.base, found.digest),
            *(Line(*one) for one in changes(old.policy, new.policy)),
            *(Line(what, None, said) for what, said in told(found.result or {})),
        ]
        return Difference(tuple(lines))

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Put it in force at `now`.

        Raises `UnknownProposal`, `PolicyMoved` when another policy came into force meanwhile or the
        rehearsal is not over, `BadPolicy` when this version cannot read it, `BadClient`.
        """
        tx.lock(STAMP)  # before what is in force is read: two activations take turns
        found, _old, new = self._checked(tx, parameters)
        self.clients.check_policy(new.policy)
        by = str(author.actor.id)
        behind = behind_of(author, {"proposal": found.id})
        clock = Clock(lambda: now)
        activate(tx, self.journal, clock, new, author.actor, by, behind)

    def _checked(self, tx: Tx, parameters: Parameters) -> tuple[Proposed, Proposal, Proposal]:
        which = str(parameters.get("proposal") or "")
        found = store.find_proposal(tx, which) if is_id(which) else None
        if found is None or found.digest != parameters.get("digest"):
            raise UnknownProposal("there is no such proposal")
        if found.state is not RehearsalState.DONE:
            raise PolicyMoved("its rehearsal is not over; wait for the result, then activate it")
        # What the database says, not what this node has heard of: that may be a second old.
        active = policies.active(tx)
        if active is None or active[1] != found.base:
            raise PolicyMoved("another policy came into force since; propose the change anew")
        return found, read_active(active[2]), proposal(dict(found.texts))


def told(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name the numbers of a rehearsal that a second person decides by."""
    if not result:
        return []
    return [
        (_("予行の期間"), f"{result['from']} – {result['to']}"),
        (_("予行：新しく制限される人"), str(result["people_anew"])),
        (
            _("予行：そのうち、一日以内に正しくログインした人"),
            str(result["people_anew_right_within_a_day"]),
        ),
        (_("予行：制限されなくなる人"), str(result["people_no_more"])),
    ]


def behind_of(author: Author, more: Mapping[str, Any]) -> Behind:
    """Give what the events of an act say of who stands behind it."""
    upon = {"approval": author.approval} if author.approval else {}
    return Behind(author.origin, author.session, {"reason": author.reason, **upon, **more})


def as_text(content: Mapping[str, Any]) -> str:
    """Write plain values as JSON; instants as RFC 3339."""
    return json.dumps(content, ensure_ascii=False, default=lambda value: value.isoformat())
