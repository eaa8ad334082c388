"""The outbox's carrier of mails: opens what is sealed, writes it, hands it to the mail server.

A mail to nobody is dropped without a word to the server. A mailbox that was reported undeliverable
gets no notices any more; what somebody waits for (codes, a new password) or what guards the
account is tried still: the report may be old or wrong, and a mail too many harms nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from audit.names import EventName
from idp.clock import to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.service import DONE, FAILED, Journal
from idp.mails import store
from idp.mails.compose import BadMail, compose
from idp.mails.message import make_message, message_id, sender_domain
from idp.mails.model import NOTICES, Mail
from idp.mails.promise import Mails
from idp.mails.smtp import MailRefused, MailServer, ServerDown
from idp.members.errors import BadMailAddress
from idp.members.japan.mail import MailAddress, parse_mail_address
from idp.outbox.service import DeliveryFailed, Due, Outcome
from idp.policy.values import Duration
from idp.storage.sql import Database, Tx
from idp.web.organisation import Organisation
from keys.errors import KeysError

LANES = 4
"""Sessions with the mail server at one time."""


@dataclass(frozen=True)
class About:
    """What the report of a mail tells: never to which address."""

    mail: Mail
    mailbox: str | None = None
    """The normal form of the address when the mailbox itself was refused."""


@dataclass(frozen=True)
class MailCarrier:
    """Delivers mails. `name_of` tells the name of a subject, for mails that do not bring one."""

    issuer: str
    mails: Mails
    server: MailServer
    policy: PolicyInForce
    journal: Journal
    database: Database
    name_of: Callable[[str], str | None]

    def lane(self, due: Due) -> str:
        """Spread the mails over a few sessions with the one server."""
        return str(int(due.message[-4:], 16) % LANES)

    def retries(self) -> Sequence[Duration]:
        """Give the waits between the tries."""
        return self.policy.policy.mail.retries

    def deliver(self, due: Due, _now: datetime) -> About | None:
        """Send one mail; raises `DeliveryFailed`. Answers None for a mail to nobody."""
        mail = self._open(due)
        if mail.to is None:
            return None
        about = About(mail)
        try:
            to = parse_mail_address(mail.to, self.policy.policy.mail.carrier_domains)
        except BadMailAddress as error:
            raise _failed("the stored address is none", about, final=True) from error
        if mail.kind in NOTICES and self._is_undeliverable(to):
            raise _failed("the mailbox was reported as undeliverable", about, final=True)
        self._send(due, mail, to, about)
        return about

    def report(self, tx: Tx, due: Due, outcome: Outcome, now: datetime) -> None:
        """Record that a mail was taken, could not be delivered at first, or was given up."""
        about = outcome.about
        if about is None:
            return
        data = {"kind": about.mail.kind.value, "message": due.message}
        if outcome.error is not None:
            data |= {"error": outcome.error, "given_up": outcome.given_up}
        self.journal.record(
            tx,
            EventName.MAIL_FAILED if outcome.error else EventName.MAIL_SENT,
            now,
            outcome=FAILED if outcome.error else DONE,
            subject=about.mail.subject,
            data=data,
        )
        if about.mailbox is not None and outcome.error is not None:
            mark_undeliverable(
                tx, self.journal, about.mailbox, about.mail.subject, outcome.error, now
            )

    def _open(self, due: Due) -> Mail:
        try:
            mail = self.mails.open(due.content["sealed"])
        except KeysError as error:
            # The master key it lies under may come back: tried again, never dropped.
            raise DeliveryFailed(type(error).__name__, holds_up=False) from error
        if mail.to is not None and mail.subject is not None and not mail.values.get("name"):
            name = self.name_of(mail.subject)
            mail = replace(mail, values=mail.values | {"name": name}) if name else mail
        return mail

    def _is_undeliverable(self, to: MailAddress) -> bool:
        with self.database.read() as tx:
            return store.undeliverable_since(tx, to.normal_form) is not None

    def _send(self, due: Due, mail: Mail, to: MailAddress, about: About) -> None:
        rules = self.policy.policy.mail
        own_id = message_id(due.message, rules)
        house = self._house()
        try:
            written = compose(mail, due.created_at, self.issuer, house)
        except (BadMail, ValueError) as error:
            raise _failed(str(error), about, final=True) from error
        message = make_message(written, to, mail.language, due.created_at, own_id, rules)
        domain = sender_domain(rules)
        try:
            self.server.send(message, rules.sender, to.smtp_form, rules.timeout.seconds, domain)
        except ServerDown as error:
            raise DeliveryFailed(str(error), outage=True) from error
        except MailRefused as error:
            mailbox = to.normal_form if error.mailbox else None
            about = replace(about, mailbox=mailbox)
            raise _failed(str(error), about, final=error.final) from error

    def _house(self) -> Organisation:
        mail, house = self.policy.policy.mail, self.policy.policy.organisation
        return Organisation(
            mail.sender_name_ja,
            mail.sender_name_en,
            house.telephone,
            house.hours_ja,
            house.hours_en,
        )


def mark_undeliverable(
    tx: Tx, journal: Journal, mailbox: str, subject: str | None, reason: str, now: datetime
) -> None:
    """Mark a mailbox (normal form) undeliverable, with its event."""
    store.mark(tx, mailbox, to_micros(now), reason)
    data = {"reason": reason[:200]}
    journal.record(tx, EventName.MAIL_BOUNCED, now, outcome=FAILED, subject=subject, data=data)


def _failed(reason: str, about: About, *, final: bool) -> DeliveryFailed:
    return DeliveryFailed(reason, final=final, holds_up=False, about=about)
