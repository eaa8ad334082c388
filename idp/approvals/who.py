"""Who may decide: the rules between two persons, their sessions and their browsers.

All of it is looked up in the transaction of the decision: a role that was taken away a moment ago
does not count any more (time of check, time of use: CWE-367).
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.approvals.model import Approval, ApprovalRefused, Requester, Why
from idp.clients.service import Clients
from idp.clock import Clock
from idp.inforce.service import PolicyInForce
from idp.policy.admin_api import permissions_of as scoped
from idp.policy.approvals import ApprovalKind, SecondPerson
from idp.policy.staff import Permission
from idp.staff import session_store, store
from idp.staff.authority import hold_authority
from idp.staff.model import StaffAccount, effective_roles, permissions_of
from idp.storage.sql import Tx

STAFF, PROGRAM = "staff", "client"


def is_about_staff(kind: ApprovalKind) -> bool:
    """Tell whether an act changes what somebody of the staff may do."""
    return kind.value.startswith("staff.")


@dataclass(frozen=True)
class Who:
    """Looks at persons as they are at this moment."""

    policy: PolicyInForce
    clock: Clock
    clients: Clients

    def rule(self, kind: ApprovalKind) -> SecondPerson:
        """Give what the policy asks for now; an act it no longer names is still decided about."""
        return self.policy.policy.approvals.for_kind(kind) or SecondPerson(kind=kind)

    def may(self, tx: Tx, staff_id: str, permission: Permission) -> bool:
        """Tell whether somebody is in service and may do something at this moment."""
        account = store.find(tx, staff_id)
        if account is None or account.ended_at is not None:
            return False
        rules = self.policy.policy.roles
        held = session_store.held_roles(tx, staff_id, self.clock.now())
        return permission in permissions_of(effective_roles(held, rules), rules)

    def may_program(self, client_id: str, permission: Permission) -> bool:
        """Tell whether a client still has the scope for something (CWE-613)."""
        client = self.clients.find(client_id)
        return client is not None and permission in scoped(client.resource_scopes)

    def deciders(self, tx: Tx, one: Approval) -> list[StaffAccount]:
        """List who may decide about a request, or review it, at this moment."""
        needed = self.rule(one.kind).decided_by
        aside = {one.requester} | ({one.subject} if is_about_staff(one.kind) else set())
        return [
            account
            for account in store.list_all(tx)
            if account.ended_at is None
            and account.enrolled_at is not None
            and account.id not in aside
            and self.may(tx, account.id, needed)
        ]

    def able(self, tx: Tx, permission: Permission) -> int:
        """Count who of the staff, in service and enrolled, may do something at this moment."""
        return sum(
            account.ended_at is None
            and account.enrolled_at is not None
            and self.may(tx, account.id, permission)
            for account in store.list_all(tx)
        )

    def hold(self, tx: Tx, one: Approval, other: str) -> None:
        """Keep the roles of both as they are until the decision is stored.

        An act on the staff holds all of their roles, as every change of a role does. Other acts
        hold the two persons in a steady order: nothing waits in a circle.
        """
        if is_about_staff(one.kind):
            hold_authority(tx)
            return
        for who in sorted({one.requester, other}):
            tx.lock(f"staff:{who}")

    def check_decider(self, tx: Tx, one: Approval, decider: Requester) -> None:
        """Raise `ApprovalRefused` unless this person may decide about this request."""
        self.check_other(tx, one, decider)
        if not self.may(tx, decider.staff_id, self.rule(one.kind).decided_by):
            raise ApprovalRefused(Why.NO_PERMISSION)

    def check_other(self, tx: Tx, one: Approval, decider: Requester) -> None:
        """Raise `ApprovalRefused` unless it is another person, session and browser.

        A browser counts when the person signed in with it: else a made-up cookie would be another.
        """
        if decider.staff_id == one.requester:
            raise ApprovalRefused(Why.SAME_PERSON)
        if is_about_staff(one.kind) and decider.staff_id == one.subject:
            raise ApprovalRefused(Why.ABOUT_YOU)
        if decider.session is None:
            return  # no page: the API, whose callers have no browser
        if decider.session == one.session:
            raise ApprovalRefused(Why.SAME_SESSION)
        if decider.browser is not None and decider.browser == one.browser:
            raise ApprovalRefused(Why.SAME_BROWSER)
        self.check_browser(tx, decider)

    def check_browser(self, tx: Tx, person: Requester) -> None:
        """Raise `ApprovalRefused` for a session whose browser is not one the person signed in with.

        Asked of both: without its cookie the requester's browser would be anybody's.
        """
        if person.session is None:
            return
        seen = person.browser is not None and (
            session_store.device_seen_at(tx, person.staff_id, person.browser) is not None
        )
        if not seen:
            raise ApprovalRefused(Why.UNKNOWN_BROWSER)
