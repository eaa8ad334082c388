"""What carries mails to the mail server of the settings; without one they wait in the outbox."""

from __future__ import annotations

from idp.accounts import store as accounts
from idp.assembly.foundation import Foundation
from idp.mails.delivery import MailCarrier
from idp.mails.promise import BULK_KIND, KIND
from idp.mails.smtp import MailServer
from idp.members import store as members
from idp.members.model import name_on
from idp.outbox.service import Carrier


def mail_carriers(f: Foundation) -> dict[str, Carrier]:
    """Build the carriers of mails; raises `SettingsError` for a URL that cannot be read."""
    if f.settings.smtp_url is None:
        return {}

    def name_of(subject: str) -> str | None:
        with f.database.read() as tx:
            account = accounts.find(tx, subject)
            member = members.find(tx, account.member_number) if account else None
        return name_on(member, f.clock.today()).shown if member else None

    carrier = MailCarrier(
        f.settings.issuer,
        f.mails,
        MailServer.from_url(f.settings.smtp_url, f.settings.outgoing_ca),
        f.policy,
        f.journal,
        f.database,
        name_of,
    )
    return {KIND: carrier, BULK_KIND: carrier}
