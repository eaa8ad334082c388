"""The one notice of a block, to the mailbox of the account it stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from idp.accounts import store
from idp.blocks.model import Block, SubjectKind
from idp.blocks.words import advice_of, effect_of, numbers_of, rule_of
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.storage.sql import Tx


@dataclass(frozen=True)
class BlockNotice:
    """Promises the mail in the act that sets the block.

    A block on an address nobody has an account for has a mail to nobody: the row tells nothing.
    """

    mails: Mails
    staff_of: Callable[[Tx, str], tuple[str, str] | None] = lambda *_: None
    """Finds name and address of somebody of the staff."""

    def __call__(self, tx: Tx, block: Block, now: datetime) -> None:
        """Promise it."""
        to, name = self._owner(tx, block)
        values = {
            "rule": rule_of(block),
            "effect": effect_of(block),
            "advice": advice_of(block),
            "reference": block.reference,
            **numbers_of(block),
        }
        if block.until is not None:
            values["until"] = block.until.isoformat()
        if name is not None:
            values["name"] = name
        # Whoever guesses does not choose the language in which its owner is told.
        subject = block.subject if to else None
        self.mails.promise(tx, Mail(MailKind.BLOCKED, to, "ja", values, subject), now)

    def _owner(self, tx: Tx, block: Block) -> tuple[str | None, str | None]:
        """Give the mailbox, and the name where it is not the register that knows it."""
        if block.subject_kind is SubjectKind.STAFF:
            name, address = self.staff_of(tx, block.subject or "") or (None, None)
            return address, name
        account = store.find(tx, block.subject or "")
        return (account.address, None) if account else (None, None)
