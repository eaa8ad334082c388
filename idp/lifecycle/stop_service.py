"""A member stops using the service: effective at once, everywhere, with a mail that says so.

The membership is not touched: joining and leaving are on paper. Coming back takes a new invitation
of the co-op.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.event import Actor
from idp.accounts.model import EndReason
from idp.clock import Clock
from idp.lifecycle.credentials import hold_account
from idp.lifecycle.model import Asker
from idp.lifecycle.standing import AccountStanding
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.sessions import store as sessions
from idp.sessions.model import Session
from idp.storage.sql import Database

REASON = "member"
"""What the event says of who wanted it: the account's owner, on the own pages."""


@dataclass(frozen=True)
class StopService:
    """Stops the service of the member who is signed in."""

    database: Database
    clock: Clock
    standing: AccountStanding
    mails: Mails

    def stop(self, session: Session, asker: Asker) -> bool:
        """End every session and token and tell the relying parties; False when it was over."""
        actor = Actor("member", session.subject)
        with self.database.begin() as tx:
            hold_account(tx, session.subject)
            live = sessions.find(tx, session.id)
            if live is None or live.ended_at is not None:
                return False
            account = self.standing.take_out(
                tx, session.subject, EndReason.SERVICE_STOPPED, actor, REASON, asker.origin
            )
            mail = Mail(MailKind.STOPPED, account.address, asker.language, {}, account.subject)
            self.mails.promise(tx, mail, self.clock.now())
        return True
