"""Fresh members for each sequence, made straight in the stores with a hash computed once."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from string import ascii_lowercase

from audit.event import Actor
from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.accounts.passwords import hash_password
from idp.clock import to_micros
from idp.members import store as members
from idp.members.model import Dated, Employment, Member, Name
from idp.policy.model import Argon2
from tests.lifecycle.house import House

OFFICE = Actor("operator", "test")
_NUMBERS = itertools.count(50_000_001)
_LONG_AGO = date(2004, 4, 30)
_FIRST = "the password that was there at first"


@dataclass(eq=False, repr=False)
class Person:
    """One member as the test knows it: what is true now, and what was true once."""

    number: str
    subject: str
    address: str
    password: str
    former: list[str] = field(default_factory=list)
    """Passwords that must not sign in: replaced ones, and those nobody was entitled to set."""
    mailboxes: set[str] = field(default_factory=set)
    stopped: bool = False
    blocked: bool = False
    ends_on: date | None = None
    totp: str | None = field(default=None, repr=False)
    """The secret of an authenticator app, as the app holds it."""
    used_codes: set[str] = field(default_factory=set)

    def __repr__(self) -> str:
        return f"member {self.number}"

    def may_enter(self, today: date) -> bool:
        """Tell whether the member gets anything on a date."""
        is_member = self.ends_on is None or today < self.ends_on
        return is_member and not self.stopped and not self.blocked


def new_person(house: House) -> Person:
    """Add a member with an account to the register."""
    number = f"{next(_NUMBERS):08d}"
    address, now = f"{mailbox()}@mihon.example", house.now()
    person = Person(number, secrets.token_urlsafe(18), address, _FIRST, mailboxes={address})
    rules = house.foundation.policy.policy.passwords.argon2
    hashed = _hash(rules)
    with house.foundation.database.begin() as tx:
        members.add_many(tx, [_member(number, address, None)], to_micros(now))
        # A day ago: nothing that follows happens at the moment the account was made.
        made = now - timedelta(days=1)
        account = Account(person.subject, number, address, hashed, made)
        accounts.add(tx, account, address, to_micros(made))
    return person


def end_membership(house: House, person: Person, on: date | None) -> None:
    """Let the register say when the capital is refunded; None takes the end back."""
    with house.foundation.database.begin() as tx:
        members.hold(tx)
        members.save_many(tx, [_member(person.number, person.address, on)], to_micros(house.now()))
    person.ends_on = on


def mailbox() -> str:
    """Draw the name of a mailbox: letters alone, so that no member number stands in it."""
    return "".join(secrets.choice(ascii_lowercase) for _ in range(12))


def invite(house: House, person: Person) -> None:
    """Let the office invite a member."""
    with house.foundation.database.begin() as tx:
        member = members.get(tx, person.number)
        house.issuing.issue(tx, [member], house.now(), OFFICE)


@lru_cache
def _hash(rules: Argon2) -> str:
    return hash_password(_FIRST, rules)


def _member(number: str, address: str, ends_on: date | None) -> Member:
    name = Name("見本", "太郎", "ミホン", "タロウ")
    return Member(
        number,
        date(1970, 1, 2),
        Employment.RETIRED,
        "",
        (Dated(name, _LONG_AGO),),
        email=address,
        capital_paid_on=_LONG_AGO,
        withdrawal_accepted_on=ends_on and ends_on - timedelta(days=1),
        refund_planned_on=ends_on,
    )
