"""Accounts: stop the service, take it up again."""

from __future__ import annotations

from dataclasses import dataclass

from idp.accounts import store
from idp.accounts.model import Account
from idp.admin_api.model import Answer, Call, Shape, Wanted
from idp.admin_api.routes import Kind, Route
from idp.admin_api.words import Reason
from idp.errors import IdpError
from idp.lifecycle.credentials import hold_account
from idp.lifecycle.standing import AccountStanding, UnknownAccount
from idp.policy.staff import Permission
from idp.storage.sql import Database


class NotStopped(IdpError):
    """The account is in service, or a person blocked it: that is lifted as a block."""

    code = "not_stopped"
    status = 409


class AlreadyStopped(IdpError):
    """The account is stopped already."""

    code = "already_stopped"
    status = 409


class Standing(Wanted, frozen=True):
    """Stop or restore."""

    reason: Reason


class AccountState(Shape, frozen=True):
    """How an account stands after the act."""

    member_number: str
    state: str


@dataclass(frozen=True)
class AccountActs:
    """Stops and restores accounts."""

    database: Database
    standing: AccountStanding

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        return (
            Route(
                method="POST",
                path="/accounts/{number}/stop",
                need=Permission.REGISTER_CHANGE,
                kind=Kind.CHANGE,
                do=self.stop,
                title="Stop the service for a member: everything they are signed in to ends",
                takes=Standing,
                gives=AccountState,
            ),
            Route(
                method="POST",
                path="/accounts/{number}/restore",
                need=Permission.REGISTER_CHANGE,
                kind=Kind.CHANGE,
                do=self.restore,
                title="Take a stopped account back into service",
                takes=Standing,
                gives=AccountState,
            ),
        )

    def stop(self, call: Call) -> Answer:
        """Stop."""
        account = self._held(call)
        if account.stopped_at is not None:
            raise AlreadyStopped(account.subject)
        self.standing.stop(account.subject, call.actor, call.reason, call.caller.origin)
        return Answer(AccountState(member_number=account.member_number, state="stopped"))

    def restore(self, call: Call) -> Answer:
        """Restore; an administrative block is for who may lift blocks."""
        account = self._held(call)
        if account.stopped_at is None or account.disabled_at is not None:
            raise NotStopped(account.subject)
        self.standing.restore(account.subject, call.actor, call.reason)
        return Answer(AccountState(member_number=account.member_number, state="in service"))

    def _held(self, call: Call) -> Account:
        """Find the account and hold it until the act is over: two at once must not both see it."""
        with self.database.begin() as tx:
            found = store.find_by_number(tx, call.place["number"])
            if found is None:
                raise UnknownAccount(call.place["number"])
            hold_account(tx, found.subject)
            return store.find(tx, found.subject) or found
