"""What every change of credentials ends besides sessions: whatever of the account is under way."""

from __future__ import annotations

from datetime import datetime

from idp.clock import to_micros
from idp.lifecycle import store
from idp.proving import store as mailed
from idp.storage.sql import Tx


def hold_account(tx: Tx, subject: str) -> None:
    """Hold off every other change of this account's credentials until the transaction ends."""
    tx.lock(f"account:{subject}")


def end_what_is_under_way(tx: Tx, subject: str, now: datetime) -> None:
    """End mailed codes and links, sign-ins that wait for a code, a change of address that waits.

    The link that takes back a changed address belongs to the old mailbox and stays.
    """
    at = to_micros(now)
    mailed.end_of_subject(tx, subject, at)
    store.end_sign_ins(tx, subject, at)
    store.end_address_changes(tx, subject, at)
