"""Another policy in force, on all nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.approvals.given import only
from idp.approvals.model import Author, BadRequest, Difference, Line, Parameters, Why
from idp.clients.service import Clients
from idp.clock import Clock
from idp.errors import IdpError
from idp.inforce import store
from idp.inforce.service import STAMP, activate, read_active
from idp.journal.service import Journal
from idp.policy.approvals import ApprovalKind
from idp.policy.differences import differences
from idp.policy.folder import Proposal, proposal
from idp.policy.staff import Permission
from idp.storage.sql import Tx
from idp.web.i18n import mark as _

DIGEST, CHANGE = _("ポリシーのダイジェスト"), _("変わること")


class InForceAlready(IdpError):
    """Exactly this policy is in force."""

    code = "in_force_already"
    status = 409


def parameters_of(proposed: Proposal) -> dict[str, Any]:
    """Give what the act is told: the files, word for word."""
    return {"texts": dict(proposed.texts)}


@dataclass(frozen=True)
class ActivatePolicy:
    """Put a policy in force: `texts`, by file name."""

    clients: Clients
    journal: Journal
    clock: Clock
    kind: ApprovalKind = ApprovalKind.POLICY_ACTIVATION
    needs: Permission = Permission.POLICY_CHANGE

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Show what changes from the policy in force at this moment, in sentences.

        Read from the database and not as this node remembers it: another one may be in force.
        Raises `BadPolicy`, `BadClient`, `InForceAlready`.
        """
        tx.lock(STAMP)
        proposed, found = _proposed(parameters), store.active(tx)
        if found is not None and found[1] == proposed.digest:
            raise InForceAlready(f"{proposed.digest} is in force already")
        self.clients.check_policy(proposed.policy)
        lines = [Line(DIGEST, found[1] if found else None, proposed.digest)]
        if found is not None:
            sentences = differences(read_active(found[2]).policy, proposed.policy)
            lines += [Line(CHANGE, None, sentence) for sentence in sentences]
        return Difference(tuple(lines))

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:  # noqa: ARG002
        """Put it in force, with its event."""
        told = {"reason": author.reason}
        if author.approval:
            told |= {"approval": author.approval}
        by = str(author.actor.id)
        activate(tx, self.journal, self.clock, _proposed(parameters), author.actor, by, told)


def _proposed(parameters: Parameters) -> Proposal:
    only(parameters, "texts")
    texts = parameters.get("texts")
    if not isinstance(texts, Mapping) or not all(isinstance(one, str) for one in texts.values()):
        raise BadRequest(Why.NOT_PLAIN)
    return proposal(dict(texts))
