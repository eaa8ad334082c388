"""Whose address it is, for strangers who ask: one statement, and the same work when it is nobody's.

For nobody a row of the same shape is read, so that what is made of a row (dates, instants, a rule)
costs alike; `is_somebody` alone tells them apart, and is asked last.
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.accounts.model import Account
from idp.accounts.store import read_account
from idp.accounts.tables import ACCOUNT_COLUMNS
from idp.members.store import read_dates
from idp.sessions import store
from idp.sessions.model import SubjectFacts
from idp.storage.sql import Tx

_LONG_AGO = 1_000_000_000_000_000
_NOBODY = (
    "nobody-nobody-nobody-nob",
    "00000000",
    "nobody@nowhere.invalid",
    None,
    _LONG_AGO,
    None,
    None,
    "2001-09-09",
    None,
    None,
    None,
)
"""What is read where there is no row: a member in good standing, who cannot be written to."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who signs in with an address, or a stand-in for nobody."""

    account: Account
    facts: SubjectFacts
    is_somebody: bool


def holder_of(tx: Tx, address_normal: str) -> Holder:
    """Read whose address it is; it never tells that it is nobody's but in `is_somebody`."""
    row = store.row_at_address(tx, address_normal)
    values = row or _NOBODY
    width = len(ACCOUNT_COLUMNS)
    found = read_account(values[:width])
    facts = SubjectFacts(
        read_dates(values[width:]),
        found.credentials_changed_at,
        found.stopped_at,
        found.disabled_at,
    )
    return Holder(found, facts, row is not None)
