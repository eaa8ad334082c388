"""A written mail as an Internet message (RFC 5322, RFC 2045): text and HTML, quoted-printable.

Headers are set through the library's typed headers, which refuse line ends; their values come from
the policy and our own texts alone.
"""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from idp.clock import TOKYO
from idp.mails.blocks import Again, as_html, as_text
from idp.mails.compose import Written
from idp.members.japan.mail import MailAddress
from idp.policy.membership import Mail as Rules
from idp.web.organisation import Language


def message_id(message: str, rules: Rules) -> str:
    """Give the id of a mail: that of its outbox row, so that a repeat carries the same."""
    return f"<{message}@{sender_domain(rules)}>"


def sender_domain(rules: Rules) -> str:
    """Give the domain our mails come from, which people may have to allow (受信許可)."""
    return rules.sender.rpartition("@")[2]


def make_message(
    written: Written, to: MailAddress, language: Language, at: datetime, own_id: str, rules: Rules
) -> EmailMessage:
    """Build the message; `at` is when it was promised, the same in every repeat."""
    message = EmailMessage(SMTP)
    local, _, domain = rules.sender.rpartition("@")
    name = rules.sender_name_en if language == "en" else rules.sender_name_ja
    message["From"] = Address(name, local, domain)
    message["To"] = to.smtp_form  # a carrier's odd address stands quoted
    message["Subject"] = written.subject
    message["Date"] = format_datetime(at.astimezone(TOKYO))
    message["Message-ID"] = own_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 5
    message.set_content(as_text(written.blocks), cte="quoted-printable")
    message.add_alternative(
        as_html(written.blocks, language, written.subject), subtype="html", cte="quoted-printable"
    )
    again = [one.language for one in written.blocks if isinstance(one, Again)]
    message["Content-Language"] = ", ".join([language, *again])  # RFC 3282 2
    return message
