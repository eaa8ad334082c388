"""What staff do with invitations: invite one member, list, withdraw, send again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from idp.accounts import store as accounts
from idp.clock import Clock, date_in_tokyo
from idp.errors import IdpError
from idp.invitations import store
from idp.invitations.issuing import Issuing
from idp.invitations.model import EndReason, Invitation, SentBy
from idp.journal.model import NOBODY, Behind
from idp.members import store as members
from idp.members.standing import has_membership
from idp.storage.sql import Database, Tx

PAGE = 1_000


class CannotInvite(IdpError):
    """This member cannot be invited; `detail` says why and what to do."""

    code = "cannot_invite"
    status = 409


class NoInvitation(IdpError):
    """The member has no invitation that waits to be used."""

    code = "no_invitation"
    status = 404


@dataclass(frozen=True)
class Invitations:
    """Staff's acts on invitations."""

    database: Database
    clock: Clock
    issuing: Issuing

    def invite(
        self,
        number: str,
        actor: Actor,
        sent_by: SentBy | None = None,
        behind: Behind = NOBODY,
    ) -> Invitation:
        """Invite a member; an earlier invitation ends.

        Without `sent_by` by mail where an address is known. A member with a stopped account is
        invited to come back. Raises `UnknownMember`, `CannotInvite`.
        """
        now = self.clock.now()
        with self.database.begin() as tx:
            return self._invite(tx, number, actor, sent_by, now, behind)

    def resend(self, number: str, actor: Actor, behind: Behind = NOBODY) -> Invitation:
        """Send a new code the way the last one went; raises `NoInvitation`, `CannotInvite`."""
        now = self.clock.now()
        with self.database.begin() as tx:
            live = store.live_of(tx, number)
            if live is None:
                raise NoInvitation(f"{number}: nothing to send again; use `idp invite {number}`")
            way = SentBy.LETTER if live.sent_by is SentBy.LETTER else None
            return self._invite(tx, number, actor, way, now, behind)

    def withdraw(self, number: str, actor: Actor, reason: str, behind: Behind = NOBODY) -> None:
        """Withdraw a member's invitation; raises `NoInvitation`."""
        now = self.clock.now()
        with self.database.begin() as tx:
            why = EndReason.WITHDRAWN
            if not self.issuing.end(tx, number, why, now, actor, reason, behind):
                raise NoInvitation(f"{number}: no invitation waits to be used")

    def page(self, after: str, most: int) -> list[Invitation]:
        """Give invitations that nobody has used yet, by member number, from after one."""
        with self.database.read() as tx:
            return store.list_pending_by_member(tx, after, most)

    def list(self, *, pending: bool) -> list[Invitation]:
        """List invitations by selector; with `pending` those that nobody has used yet."""
        page, found = store.list_pending if pending else store.list_all, list[Invitation]()
        with self.database.read() as tx:
            while True:
                batch = page(tx, found[-1].selector if found else "", PAGE)
                found.extend(batch)
                if len(batch) < PAGE:
                    return found

    def _invite(
        self,
        tx: Tx,
        number: str,
        actor: Actor,
        sent_by: SentBy | None,
        now: datetime,
        behind: Behind,
    ) -> Invitation:
        members.hold(tx)
        member = members.get(tx, number)
        if not has_membership(member, date_in_tokyo(now)):
            raise CannotInvite(f"{number}: not a member today; see `idp member show {number}`")
        account = accounts.find_by_number(tx, number)
        if account is not None and account.disabled_at is not None:
            raise CannotInvite(f"{number}: the account is blocked; see `idp account restore`")
        if account is not None and account.stopped_at is None:
            raise CannotInvite(f"{number}: has an account already")
        if sent_by is SentBy.MAIL and self.issuing.mailbox_of(member) is None:
            raise CannotInvite(f"{number}: no mail address in the register; use --letter")
        self.issuing.issue(tx, [member], now, actor, sent_by=sent_by, behind=behind)
        made = store.live_of(tx, number)
        assert made is not None, "an invitation that was just inserted"
        return made
