"""What the mailboxes are told of a change that was decided upon a call, and how it is stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.accounts import store as accounts
from idp.accounts.model import Account
from idp.helpdesk.model import Removal
from idp.lifecycle.address_change import normal_form_of, version
from idp.lifecycle.address_mails import link_to
from idp.lifecycle.model import AddressChange, Side
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.members.japan.mail import masked
from idp.proving.model import Purpose
from idp.proving.service import Proving
from idp.storage.sql import Tx

PAGE = "/account/planned"
STOP = "stop"
ADDRESS, REMOVAL = "address", "factor"


@dataclass(frozen=True)
class PlanMails:
    """Writes the notices; each goes to a stored address, in Japanese: nobody was on a page."""

    mails: Mails
    proving: Proving

    def address(
        self, tx: Tx, change: AddressChange, account: Account, now: datetime, *, free: bool
    ) -> None:
        """Ask the new mailbox and tell the old one.

        As many mails whether the wanted address is free or taken: its owner is told instead.
        """
        assert change.due_at is not None
        proof = self.proving.issue(
            tx,
            Purpose.NEW_ADDRESS,
            change.flow(Side.NEW.value),
            now,
            change.expires_at - now,
            subject=account.subject if free else None,
            binding=version(account),
        )
        until = change.due_at.isoformat()
        values = {"link": link_to(Side.NEW, proof.link), "until": until}
        to_new = change.new_address if free else None
        kind = MailKind.NEW_ADDRESS_BY_PHONE
        self.mails.promise(tx, Mail(kind, to_new, "ja", values), now)
        owner = None if free else accounts.find_by_address(tx, normal_form_of(change.new_address))
        to, subject = (owner.address, owner.subject) if owner else (None, None)
        self.mails.promise(tx, Mail(MailKind.ADDRESS_IN_USE, to, "ja", {}, subject), now)
        link = self._stop(tx, f"{ADDRESS}:{change.id}", account, change.expires_at, now)
        values = {"what": "address", "new": masked(change.new_address), "until": until}
        self._tell(tx, account, values | {"link": link}, now)

    def factor(self, tx: Tx, removal: Removal, account: Account, now: datetime) -> None:
        """Tell the stored mailbox that a factor is going to be removed."""
        link = self._stop(tx, f"{REMOVAL}:{removal.id}", account, removal.due_at, now)
        until = removal.due_at.isoformat()
        values = {"what": f"{removal.factor}_removal", "until": until, "link": link}
        self._tell(tx, account, values, now)

    def _tell(self, tx: Tx, account: Account, values: dict[str, str], now: datetime) -> None:
        kind = MailKind.CHANGE_PLANNED
        self.mails.promise(tx, Mail(kind, account.address, "ja", values, account.subject), now)

    def _stop(self, tx: Tx, flow: str, account: Account, until: datetime, now: datetime) -> str:
        """Make the link that stops it: the mailbox's, so that a new password leaves it good."""
        issued = self.proving.issue(
            tx,
            Purpose.STOP_CHANGE,
            f"{STOP}:{flow}",
            now,
            until - now,
            address=account.address,
        )
        return f"{PAGE}?link={issued.link}"
