"""What the mailboxes are told when a sign-in address changes. Mail goes to stored forms only.

Each act promises the same number of mails whether the wanted address is free, taken or over its
limit: the page, the outbox and the time tell nobody whether it signs in to another account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.accounts.model import Account
from idp.lifecycle.model import AddressChange, Side
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.members.japan.mail import masked
from idp.policy.membership import Recovery
from idp.proving.model import Issued
from idp.storage.sql import Tx
from idp.web.organisation import Language

PAGE = "/account/address"
UNDO = "undo"


@dataclass(frozen=True)
class AddressMails:
    """Writes the mails of a change of address; `language` is the reader's on the page."""

    mails: Mails

    def ask(
        self,
        tx: Tx,
        change: AddressChange,
        account: Account,
        secrets: dict[Side, Issued],
        rules: Recovery,
        to_new: str | None,
        now: datetime,
        language: Language,
    ) -> None:
        """Ask both mailboxes; `to_new` is None where nothing may be sent to the wanted one."""
        hours = str(rules.address_change_lifetime.seconds // 3600)
        new, old = secrets[Side.NEW], secrets[Side.OLD]
        proving = {"code": new.code, "link": link_to(Side.NEW, new.link), "hours": hours}
        self._send(tx, MailKind.NEW_ADDRESS, to_new, proving, None, now, language)
        confirming = {
            "code": old.code,
            "link": link_to(Side.OLD, old.link),
            "hours": hours,
            "new": masked(change.new_address),
        }
        self._send(
            tx, MailKind.OLD_ADDRESS, account.address, confirming, account.subject, now, language
        )

    def tell_owner(self, tx: Tx, owner: Account | None, now: datetime, language: Language) -> None:
        """Tell whom an address belongs to that somebody else wanted; a blank mail for nobody."""
        address, subject = (owner.address, owner.subject) if owner else (None, None)
        self._send(tx, MailKind.ADDRESS_IN_USE, address, {}, subject, now, language)

    def changed(
        self,
        tx: Tx,
        change: AddressChange,
        undo: Issued,
        rules: Recovery,
        now: datetime,
        language: Language,
    ) -> None:
        """Tell both mailboxes; only the old one gets the link that takes it back."""
        kind, subject = MailKind.ADDRESS_CHANGED, change.subject
        told = {"new": masked(change.new_address)}
        self._send(tx, kind, change.new_address, told, subject, now, language)
        days = str(rules.undo.seconds // 86_400)
        told = told | {"days": days, "link": link_to(UNDO, undo.link)}
        self._send(tx, kind, change.old_address, told, subject, now, language)

    def undone(self, tx: Tx, change: AddressChange, now: datetime, language: Language) -> None:
        """Tell the old mailbox that it is the address again."""
        kind, to = MailKind.ADDRESS_UNDONE, change.old_address
        self._send(tx, kind, to, {}, change.subject, now, language)

    def _send(
        self,
        tx: Tx,
        kind: MailKind,
        to: str | None,
        values: dict[str, str],
        subject: str | None,
        now: datetime,
        language: Language,
    ) -> None:
        self.mails.promise(tx, Mail(kind, to, language, values, subject), now)


def link_to(step: str, secret: str) -> str:
    """Give the path of the page on which a mailbox confirms or takes back."""
    return f"{PAGE}/{step}?link={secret}"
