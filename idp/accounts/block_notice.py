"""The one notice of a block, to the mailbox of the account it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.accounts import store
from idp.blocks.model import Block
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

    def __call__(self, tx: Tx, block: Block, now: datetime) -> None:
        """Promise it."""
        account = store.find(tx, block.subject or "")
        values = {
            "rule": rule_of(block),
            "effect": effect_of(block),
            "advice": advice_of(block),
            "reference": block.reference,
            **numbers_of(block),
        }
        if block.until is not None:
            values["until"] = block.until.isoformat()
        to, subject = (account.address, account.subject) if account else (None, None)
        # Whoever guesses does not choose the language in which its owner is told.
        self.mails.promise(tx, Mail(MailKind.BLOCKED, to, "ja", values, subject), now)
