"""What a register feed means for invitations: a payment invites, a reversal takes it back.

Called in the feed's own transaction, so that no payment comes in without its invitation (F7). What
the calendar brings about (a payment dated ahead, the opening of registration) is found by the
worker: `invite_due`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from idp.accounts import store as accounts
from idp.clock import Clock, date_in_tokyo
from idp.invitations import store
from idp.invitations.issuing import Issuing
from idp.invitations.model import EndReason, is_invited_unasked
from idp.journal.service import SYSTEM
from idp.members import store as members
from idp.members.changes import Change, Create, Update
from idp.members.model import Member
from idp.members.standing import has_membership
from idp.storage.sql import Database, Tx

DATES = frozenset(
    {
        "capital_paid_on",
        "withdrawal_accepted_on",
        "refund_planned_on",
        "capital_refunded_on",
    }
)
DUE_AT_ONCE = 500
"""Members whom one round of the worker invites; the next round takes the next."""


@dataclass(frozen=True)
class InvitationFeed:
    """Follows the register."""

    database: Database
    clock: Clock
    issuing: Issuing

    def follow(self, tx: Tx, changes: Iterable[Change], actor: Actor, now: datetime) -> int:
        """Invite those whom these changes made eligible, and end invitations of those who no
        longer are; answers how many were invited. The changes are written already.
        """
        rules, today = self.issuing.policy.policy.registration, date_in_tokyo(now)
        new: list[Member] = []
        again: list[Member] = []
        for change in changes:
            if isinstance(change, Create) and is_invited_unasked(change.member, rules, today):
                new.append(change.member)  # whoever is new has no account and no invitation
            elif isinstance(change, Update) and not DATES.isdisjoint(change.fields):
                if not has_membership(change.after, today):
                    number = change.after.member_number
                    self.issuing.end(tx, number, EndReason.NOT_A_MEMBER, now, actor)
                elif self._became_eligible(tx, change, now):
                    again.append(change.after)
        if new:
            self.issuing.issue(tx, new, now, actor, replaces=False)
        if again:
            self.issuing.issue(tx, again, now, actor)
        return len(new) + len(again)

    def invite_due(self) -> int:
        """Invite those who paid by today and whom nobody invited; answers how many."""
        now = self.clock.now()
        rules, today = self.issuing.policy.policy.registration, date_in_tokyo(now)
        if not rules.invite_on_payment or today < rules.opens_on:
            return 0
        with self.database.read() as tx:
            if not store.list_never_invited(tx, rules.invite_paid_since, today, 1):
                return 0
        with self.database.begin() as tx:
            members.hold(tx)  # no feed is inviting the same people just now
            found = store.list_never_invited(tx, rules.invite_paid_since, today, DUE_AT_ONCE)
            due = [member for member in found if is_invited_unasked(member, rules, today)]
            self.issuing.issue(tx, due, now, SYSTEM, replaces=False)
        return len(due)

    def _became_eligible(self, tx: Tx, change: Update, now: datetime) -> bool:
        rules, today = self.issuing.policy.policy.registration, date_in_tokyo(now)
        if has_membership(change.before, today) or not is_invited_unasked(
            change.after, rules, today
        ):
            return False
        live = store.live_of(tx, change.after.member_number)
        if live is not None and live.is_live(now):
            return False
        return accounts.find_by_number(tx, change.after.member_number) is None
