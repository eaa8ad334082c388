"""Taking a member's account out of service by hand: the block that a person makes.

It ends everything that is signed in, at once, and says so before it is done. It is lifted as every
other block is. Only members' accounts: those of the staff are the administrators' affair.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from audit.event import Actor
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.block_room.limiting import LookUps
from idp.blocks import store as blocks
from idp.blocks.model import Block
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.journal.model import Behind
from idp.journal.service import Journal
from idp.lifecycle.standing import AccountStanding
from idp.members.number import parse_member_number
from idp.storage.sql import Database, Tx
from idp.subjects.service import told_of

KEPT = timedelta(days=30)


class NoAccount(IdpError):
    """No member with this number has an account."""

    code = "no_account"
    status = 404


class NotSo(IdpError):
    """The account is not as it was when the page was shown; nothing was done."""

    code = "not_so"
    status = 409


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands."""

    number: str
    subject: str
    blocked_at: datetime | None
    stopped_at: datetime | None
    blocks: tuple[Block, ...] = ()
    """What ran or ended in the last 30 days, newest first."""


@dataclass(frozen=True)
class AccountDesk:
    """Looks at an account, blocks it and takes it back."""

    database: Database
    clock: Clock
    journal: Journal
    standing: AccountStanding
    look_ups: LookUps

    def look(self, typed: str, actor: Actor, behind: Behind) -> Standing:
        """Show how a member's account stands; looking is an event, found or not.

        Raises `BadMemberNumber`, `NoAccount`, `TooManyLooks`.
        """
        number = parse_member_number(typed)
        since = to_micros(self.clock.now() - KEPT)
        with self.database.begin() as tx:
            self.look_ups.take(tx, str(actor.id))
            account = accounts.find_by_number(tx, number)
            self.journal.record(
                tx,
                EventName.MEMBER_VIEWED,
                self.clock.now(),
                actor=actor,
                subject=account.subject if account else None,
                session=behind.session,
                origin=behind.origin,
                data={"what": "account", "member": told_of(number), "found": int(bool(account))},
            )
            found = blocks.of_subject(tx, account.subject, since) if account else []
        return _standing(account, number, found)

    def block(self, number: str, actor: Actor, reason: str, behind: Behind) -> None:
        """Block an account: everything ends at once; raises `NoAccount`, `NotSo`."""
        with self.database.together() as tx:
            account = self._held(tx, number)
            if account.disabled_at is not None:
                raise NotSo("the account is blocked already")
            self.standing.block(account.subject, actor, reason, behind.origin)

    def _held(self, tx: Tx, number: str) -> Account:
        plain = parse_member_number(number)
        tx.lock(f"account-desk:{plain}")
        account = accounts.find_by_number(tx, plain)
        if account is None:
            raise NoAccount(plain)
        return account


def _standing(account: Account | None, number: str, found: list[Block]) -> Standing:
    if account is None:
        raise NoAccount(number)
    return Standing(number, account.subject, account.disabled_at, account.stopped_at, tuple(found))
