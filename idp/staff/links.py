"""One-time links on their way to their person, by mail to the address of the account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.inforce.service import PolicyInForce
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.staff.model import StaffAccount
from idp.staff.views.places import ENROL
from idp.storage.sql import Tx


@dataclass(frozen=True)
class StaffLinks:
    """Sends them."""

    mails: Mails
    policy: PolicyInForce

    def send(self, tx: Tx, account: StaffAccount, link: str, now: datetime) -> None:
        """Promise the mail in the transaction of the act; the link is told nowhere else."""
        hours = self.policy.policy.roles.enrolment_lifetime.seconds // 3600
        values = {"name": account.name, "link": f"{ENROL}/{link}", "hours": str(hours)}
        self.mails.promise(tx, Mail(MailKind.STAFF_LINK, account.address, "ja", values), now)
