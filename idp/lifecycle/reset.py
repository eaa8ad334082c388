"""A forgotten password: asking for a mail.

Known, unknown, stopped, former and blocked addresses take the same way: one look-up, one mailed
secret, one row in the outbox, one event; which of them are blank is seen by nobody. Asking makes
nothing of the member's invalid. What is typed only finds an account; mail goes to the address that
is stored (CVE-2019-19844).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.accounts.model import Account
from idp.clock import Clock, to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.service import Journal
from idp.lifecycle.model import Asker
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.members.japan.mail import parse_mail_address
from idp.proving.model import Purpose
from idp.proving.service import Proving
from idp.sessions.holders import Holder, holder_of
from idp.sessions.model import why_inactive
from idp.storage.sql import Database, Tx
from idp.subjects.service import PersonKeys
from idp.throttle.buckets import Buckets, mail_facts

PAGE = "/recover"
ANONYMOUS = Actor("anonymous")


@dataclass(frozen=True)
class ResetRequests:
    """Sends what proves a mailbox. `keys` make the name of a procedure (newest first)."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    persons: PersonKeys
    proving: Proving
    mails: Mails
    buckets: Buckets
    keys: tuple[bytes, ...] = field(repr=False)

    def ask(self, typed: str, browser: str, asker: Asker) -> str:
        """Ask for a mail to the owner of an address; answers the procedure its code belongs to.

        `browser` is the device cookie: the same browser and address go on with the same procedure,
        so a page that is loaded again leaves the code in the mailbox good. Raises `BadMailAddress`.
        A limit on mails withholds the mail and changes nothing else.
        """
        wanted = parse_mail_address(typed, self.policy.policy.mail.carrier_domains)
        now = self.clock.now()
        flow = self._flow(browser, wanted.normal_form)
        pseudonym = self.persons.pseudonym(wanted.normal_form, now)
        may_mail = self.buckets.take_mail(pseudonym, asker.buckets)
        with self.database.begin() as tx:
            holder = holder_of(tx, wanted.normal_form)
            self._send(tx, flow, holder, pseudonym, asker, now, may_mail=may_mail)
            self._record(tx, flow, pseudonym, asker, now, may_mail=may_mail)
        return flow

    def _send(
        self,
        tx: Tx,
        flow: str,
        holder: Holder,
        pseudonym: str,
        asker: Asker,
        now: datetime,
        *,
        may_mail: bool,
    ) -> None:
        """Promise what the holder gets; for nobody the same is made, to be stored without a name.

        Everything is made before it is asked whether there is somebody.
        """
        account, why = holder.account, why_inactive(holder.facts, False, now, now)
        binding, is_told = binding_of(account), holder.is_somebody and may_mail
        is_owner = is_told and why is None
        lifetime = self.policy.policy.recovery.reset_lifetime
        issued = self.proving.issue(
            tx,
            Purpose.RESET,
            flow,
            now,
            lifetime.delta,
            subject=account.subject if is_owner else None,
            address=account.address if is_owner else None,
            binding=binding if is_owner else pseudonym,
        )
        values = {
            "code": issued.code,
            "link": f"{PAGE}/{issued.link}",
            "minutes": str(lifetime.seconds // 60),
        }
        kind = MailKind.RESET
        if why is not None:
            kind, values = MailKind.RESET_IMPOSSIBLE, {"why": why.value}
        to, subject = (account.address, account.subject) if is_told else (None, None)
        self.mails.promise(tx, Mail(kind, to, asker.language, values, subject), now)

    def _record(
        self, tx: Tx, flow: str, pseudonym: str, asker: Asker, now: datetime, *, may_mail: bool
    ) -> None:
        """Record it of a stranger, known or not: the key of a person would cost time of its own.

        Which account it was stands in the event of the mail, by the worker.
        """
        self.journal.record(
            tx,
            EventName.PASSWORD_RESET_REQUESTED,
            now,
            actor=ANONYMOUS,
            origin=asker.origin,
            decision=mail_facts(may_mail, self.policy.digest),
            data={"typed": pseudonym, "procedure": digest_of(flow), "withheld": not may_mail},
        )

    def _flow(self, browser: str, normal_form: str) -> str:
        text = f"{browser}\0{normal_form}".encode()
        digest = hmac.digest(self.keys[0], text, hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def binding_of(account: Account) -> str:
    """Give what a secret is bound to: any change of credentials makes it void."""
    return str(to_micros(account.credentials_changed_at))


def digest_of(flow: str) -> str:
    """Name a procedure in the log, where it must be good for nothing."""
    return hashlib.sha256(flow.encode("utf-8", "surrogatepass")).hexdigest()[:16]
