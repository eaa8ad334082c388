"""Bounces: a delivery status notification (RFC 3464) that came back to the sender's mailbox.

Anybody can write one, so it is believed only about a mail we sent: its Message-ID is that of an
outbox row, which nobody but the recipient and the servers in between has seen, and the mailbox
marked is the one that row was sealed for, never one the notification names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from idp.clock import Clock
from idp.errors import IdpError
from idp.inforce.service import PolicyInForce
from idp.journal.service import Journal
from idp.mails.delivery import mark_undeliverable
from idp.mails.message import sender_domain
from idp.mails.promise import KINDS, Mails
from idp.members.japan.mail import parse_mail_address
from idp.outbox import store as outbox
from idp.storage.sql import Database

MAX_BYTES = 1_000_000
_ID = re.compile(r"<([0-9a-f-]{36})@([^<>@\s]{1,253})>")
_STATUS = re.compile(r"5\.\d{1,3}\.\d{1,3}")
_OF_MAILBOX = re.compile(r"5\.[12]\.\d{1,3}")  # RFC 3463 3.2, 3.3: the address, the mailbox


class NotABounce(IdpError):
    """What was read says nothing final about a mail of ours."""

    code = "not_a_bounce"
    status = 400


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a notification says: which of our mails, and the status (RFC 3463)."""

    message: str
    domain: str
    status: str

    @property
    def is_of_mailbox(self) -> bool:
        """Tell whether the mailbox itself is said not to exist or not to take mail."""
        return bool(_OF_MAILBOX.fullmatch(self.status))


def read_bounce(data: bytes) -> Bounce:
    """Read a notification; raises `NotABounce` for anything but a final failure."""
    if len(data) > MAX_BYTES:
        raise NotABounce("the message is larger than a bounce is")
    message = message_from_bytes(data, policy=compat32)
    if message.get_content_type() != "multipart/report":
        raise NotABounce("the message is no delivery report (RFC 3464)")
    failed = [block for block in _blocks(message) if _word(block["Action"]) == "failed"]
    statuses = [_STATUS.search(str(block["Status"] or "")) for block in failed]
    status = next((found[0] for found in statuses if found), None)
    if status is None:
        raise NotABounce("the report tells of no final failure")
    for part in message.walk():
        for text in (str(part["Message-ID"] or ""), _returned_headers(part)):
            found = _ID.search(text) if part is not message else None
            if found:
                return Bounce(found[1], found[2].lower(), status)
    raise NotABounce("the report does not name one of our mails")


@dataclass(frozen=True)
class Bounces:
    """Marks the mailboxes that bounced."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    mails: Mails

    def take(self, data: bytes) -> Bounce:
        """Mark the mailbox a notification is about; raises `NotABounce`.

        A report that blames something else than the mailbox (5.7.1, a policy) marks nobody.
        """
        bounce = read_bounce(data)
        domain = sender_domain(self.policy.policy.mail).lower()
        with self.database.read() as tx:
            found = outbox.find(tx, bounce.message) if bounce.domain == domain else None
        if found is None or found[0] not in KINDS:
            raise NotABounce("the report names no mail that we sent")
        mail = self.mails.open_payload(found[1])
        if mail.to is None:
            raise NotABounce("the report names no mail that we sent")
        if bounce.is_of_mailbox:
            carriers = self.policy.policy.mail.carrier_domains
            mailbox = parse_mail_address(mail.to, carriers).normal_form
            reason = f"bounce: {bounce.status}"
            with self.database.begin() as tx:
                now = self.clock.now()
                mark_undeliverable(tx, self.journal, mailbox, mail.subject, reason, now)
        return bounce


def _blocks(message: Message) -> Iterator[Message]:
    """Give the groups of fields of the machine-readable part (RFC 3464 2.1)."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            payload = part.get_payload()
            blocks = payload if isinstance(payload, list) else []
            yield from (block for block in blocks if isinstance(block, Message))


def _returned_headers(part: Message) -> str:
    """Give the headers of our mail where they came back as text (RFC 6522 4)."""
    if part.get_content_type() != "text/rfc822-headers":
        return ""
    content = part.get_payload(decode=True)
    text = content.decode("ascii", "replace") if isinstance(content, bytes) else ""
    found = re.search(r"(?im)^message-id:\s*(\S+)", text)
    return found[1] if found else ""


def _word(value: object) -> str:
    return str(value or "").strip().lower()
