"""Change requests: the member's side for pages and the resource, the clerk's for commands."""

from __future__ import annotations

from idp.accounts import store as accounts
from idp.assembly.foundation import Foundation
from idp.changes.deciding import Deciding
from idp.changes.service import Changes
from idp.storage.sql import Tx


def build_changes(f: Foundation) -> Changes:
    """Build what members file with."""
    return Changes(f.database, f.clock, f.policy, f.journal, f.mails)


def build_deciding(f: Foundation) -> Deciding:
    """Build what clerks decide with."""
    return Deciding(f.database, f.clock, f.journal, f.mails, _mailbox_of)


def _mailbox_of(tx: Tx, subject: str) -> str | None:
    account = accounts.find(tx, subject)
    return account.address if account else None
