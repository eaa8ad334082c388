"""Asking: a new request on record, once for the same thing, or an emergency done at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit import instant
from audit.event import new_id
from audit.names import EventName
from idp.approvals import store
from idp.approvals.act import Act
from idp.approvals.deciding import Deciding
from idp.approvals.events import ApprovalEvents
from idp.approvals.model import (
    Approval,
    Author,
    Content,
    Difference,
    Performed,
    Requester,
    State,
    Waits,
)
from idp.approvals.vault import CONTENT, Vault, as_data, write
from idp.approvals.who import Who
from idp.clock import to_micros
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.staff.views.places import APPROVALS
from idp.storage.sql import Tx


@dataclass(frozen=True)
class Asking:
    """Puts requests on record, within the transaction of who asks."""

    events: ApprovalEvents
    vault: Vault
    who: Who
    deciding: Deciding
    mails: Mails

    def wait(
        self, tx: Tx, act: Act, content: Content, requester: Requester, now: datetime
    ) -> Waits:
        """Let it wait; gives the request that waits already for the very same thing."""
        person = content.difference.subject or requester.staff_id
        parts = {
            "kind": act.kind.value,
            "parameters": content.parameters,
            "by": requester.staff_id,
        }
        likeness = self.vault.likeness(tx, person, parts, now)
        tx.lock(f"approval-like:{likeness}")
        known = store.find_alike(tx, likeness)
        if known is not None and self._still_good(tx, known, content.difference, now):
            return Waits(known.id, known.expires_at)
        if known is not None:
            state = State.EXPIRED if now >= known.expires_at else State.CHANGED
            self.deciding.close(tx, known, state, now)
        one = self._add(tx, act, content, requester, likeness, now)
        data = {
            "digest": one.digest,
            "count": one.count,
            "expires_at": instant.to_text(one.expires_at),
            "reason": content.reason,
        }
        self.events.by(tx, EventName.APPROVAL_REQUESTED, one, requester, now, data)
        return Waits(one.id, one.expires_at)

    def break_glass(
        self, tx: Tx, act: Act, content: Content, requester: Requester, now: datetime
    ) -> Performed:
        """Do it now; somebody else must have looked at it within `review_within`."""
        one = self._add(tx, act, content, requester, new_id(now), now)
        review_by = now + self.who.policy.policy.approvals.review_within.delta
        store.performed(tx, one.id, to_micros(now), to_micros(review_by))
        act.perform(tx, content.parameters, author_of(requester, content.reason, one.id), now)
        data = {
            "digest": one.digest,
            "review_by": instant.to_text(review_by),
            "reason": content.reason,
        }
        self.events.by(tx, EventName.BREAK_GLASS_USED, one, requester, now, data)
        self._tell_reviewers(tx, one, review_by, now)
        return Performed(review_by)

    def _tell_reviewers(self, tx: Tx, one: Approval, until: datetime, now: datetime) -> None:
        for account in self.who.deciders(tx, one):
            values = {
                "name": account.name,
                "link": f"{APPROVALS}/{one.id}",
                "until": instant.to_text(until),
            }
            self.mails.promise(tx, Mail(MailKind.REVIEW_DUE, account.address, "ja", values), now)

    def _add(
        self,
        tx: Tx,
        act: Act,
        content: Content,
        requester: Requester,
        likeness: str,
        now: datetime,
    ) -> Approval:
        approval_id = new_id(now)
        person = content.difference.subject or requester.staff_id
        written = write(approval_id, act.kind, requester.staff_id, content)
        until = now + self.who.policy.policy.approvals.lifetime.delta
        store.add(
            tx,
            id=approval_id,
            kind=act.kind.value,
            requester=requester.staff_id,
            actor_kind=requester.actor.kind,
            actor_role=requester.actor.role,
            session=requester.session,
            browser=requester.browser,
            digest=written.digest,
            likeness=likeness,
            person=person,
            subject=content.difference.subject,
            count=content.difference.count,
            content=self.vault.seal(tx, approval_id, CONTENT, written.text, person, now),
            created_at=to_micros(now),
            expires_at=to_micros(until),
        )
        found = store.find(tx, approval_id)
        assert found is not None
        return found

    def _still_good(self, tx: Tx, known: Approval, difference: Difference, now: datetime) -> bool:
        content = self.vault.content(tx, known)
        same = content is not None and as_data(content.difference) == as_data(difference)
        return same and now < known.expires_at


def author_of(requester: Requester, reason: str, approval: str | None = None) -> Author:
    """Give who stands behind an act that its person does at once."""
    return Author(requester.actor, reason, requester.origin, requester.session, approval)
