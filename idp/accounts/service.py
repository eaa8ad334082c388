"""Accounts: made for a member with an address and a password, each with its event."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from audit.event import Actor
from audit.names import EventName
from idp.accounts import passwords, store
from idp.accounts.model import Account
from idp.accounts.owner_words import words_about
from idp.accounts.password_rules import check_password
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.inforce.service import PolicyInForce
from idp.journal.service import Journal
from idp.members import store as members
from idp.members.japan.mail import parse_mail_address
from idp.storage.sql import Database


class AccountTaken(IdpError):
    """The member has an account already, or another account signs in with this address."""

    code = "account_taken"
    status = 409


@dataclass(frozen=True)
class Accounts:
    """Makes accounts."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal

    def add(self, member_number: str, address: str, password: str, actor: Actor) -> Account:
        """Make an account; raises `UnknownMember`, `BadMailAddress`, `BadPassword`, `AccountTaken`.

        The subject is random and permanent; member numbers never sign in.
        """
        typed = parse_mail_address(address)
        rules = self.policy.policy.passwords
        with self.database.read() as tx:
            member = members.get(tx, member_number)
        words = words_about(member, typed.typed, self.policy.policy.organisation)
        check_password(password, rules, words)
        password_hash = passwords.hash_password(password, rules.argon2)
        now = self.clock.now()
        account = Account(
            subject=secrets.token_urlsafe(18),
            member_number=member_number,
            address=typed.typed,
            password_hash=password_hash,
            credentials_changed_at=now,
        )
        with self.database.begin() as tx:
            members.get(tx, member_number)
            if store.find_by_number(tx, member_number) is not None:
                raise AccountTaken("the member has an account already")
            if store.find_by_address(tx, typed.normal_form) is not None:
                raise AccountTaken("another account signs in with this address")
            store.add(tx, account, typed.normal_form, to_micros(now))
            self.journal.record(
                tx, EventName.ACCOUNT_CREATED, now, actor=actor, subject=account.subject
            )
        return account
