"""The mail server of the settings (RFC 5321): where it is, and handing one message over.

`smtp://`, `smtp+starttls://` and `smtps://`, each with optional user:password. What is wrong with
a mail is told apart from what is wrong with the server, since one mail must not hold up the others
and an outage must not use up tries.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from idp.errors import SettingsError
from idp.settings import is_loopback

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})\b")  # RFC 3463 2
_POLICY_SUBJECT = "7"


class ServerDown(Exception):
    """The mail server cannot be used now: nothing was said about the mail itself."""


class MailRefused(Exception):
    """The server was reached and did not take this mail."""

    def __init__(self, reason: str, *, final: bool, mailbox: bool = False) -> None:
        super().__init__(reason)
        self.final = final
        self.mailbox = mailbox
        """The mailbox itself is said not to exist or not to take mail."""


@dataclass(frozen=True)
class MailServer:
    """One mail server."""

    host: str
    port: int
    scheme: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None

    @classmethod
    def from_url(cls, url: str, ca: Path | None = None) -> MailServer:
        """Read IDP_SMTP_URL; raises `SettingsError` that says what is wrong with it."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise SettingsError("IDP_SMTP_URL has a port that is no number up to 65535") from error
        if parts.scheme not in PORTS:
            raise SettingsError(
                "IDP_SMTP_URL must begin with smtp://, smtp+starttls:// or smtps://"
            )
        if not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise SettingsError("IDP_SMTP_URL must look like smtps://user:password@mail.example.jp")
        if (parts.username is None) != (parts.password is None):
            raise SettingsError("IDP_SMTP_URL names a user or a password without the other")
        if parts.username and parts.scheme == "smtp" and not is_loopback(parts.hostname):
            raise SettingsError(
                "IDP_SMTP_URL would send the password in clear: use smtp+starttls:// or smtps://"
            )
        return cls(
            parts.hostname,
            port or PORTS[parts.scheme],
            parts.scheme,
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            ca,
        )

    @property
    def encrypted(self) -> bool:
        """Tell whether mails travel to it under TLS."""
        return self.scheme != "smtp"

    @contextmanager
    def session(self, timeout: float, own_name: str) -> Iterator[smtplib.SMTP]:
        """Open a session, greeted and signed in; raises `ServerDown`.

        `timeout` is seconds of silence. The name in EHLO is given: looking up our own may hang.
        """
        try:
            client = self._connect(timeout, own_name)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise ServerDown(_reason(error)) from error
        try:
            yield client
        finally:
            with suppress(OSError, smtplib.SMTPException):
                client.close()

    def send(
        self, message: EmailMessage, sender: str, to: str, timeout: float, own_name: str
    ) -> None:
        """Hand one message over; raises `ServerDown` or `MailRefused`.

        What happens after the recipient was named is this mail's affair: a connection that ends
        there must not hold up the other mails for good.
        """
        with self.session(timeout, own_name) as client:
            _sender(client, sender)
            try:
                _recipient(client, to)
                code, answer = client.data(message.as_bytes())
            except smtplib.SMTPDataError as error:
                raise _refusal(error.smtp_code, error.smtp_error, "DATA") from error
            except (OSError, smtplib.SMTPException) as error:
                raise MailRefused(f"after RCPT: {_reason(error)}", final=False) from error
            if not 200 <= code < 300:
                raise _refusal(code, answer, "DATA")
            with suppress(OSError, smtplib.SMTPException):
                client.quit()

    def _connect(self, timeout: float, own_name: str) -> smtplib.SMTP:
        client: smtplib.SMTP
        if self.scheme == "smtps":
            client = smtplib.SMTP_SSL(
                self.host, self.port, own_name, timeout=timeout, context=self._tls
            )
        else:
            client = smtplib.SMTP(self.host, self.port, own_name, timeout=timeout)
        try:
            client.ehlo_or_helo_if_needed()
            if self.scheme == "smtp+starttls":
                client.starttls(context=self._tls)
                client.ehlo_or_helo_if_needed()
            if self.user is not None and self.password is not None:
                client.login(self.user, self.password)
        except BaseException:
            client.close()
            raise
        return client

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca) if self.ca else None)


def _sender(client: smtplib.SMTP, sender: str) -> None:
    """Name the sender: a server that refuses ours refuses every mail alike."""
    try:
        code, answer = client.mail(sender)
    except (OSError, smtplib.SMTPException) as error:
        raise ServerDown(_reason(error)) from error
    if not 200 <= code < 300:
        raise ServerDown(f"MAIL FROM: {code} {_text(answer)}")


def _recipient(client: smtplib.SMTP, to: str) -> None:
    code, answer = client.rcpt(to)
    if not 200 <= code < 300:
        raise _refusal(code, answer, "RCPT")


def _refusal(code: int, answer: bytes | str, step: str) -> MailRefused:
    """Judge a refusal: 4xx for now, 5xx for good; a policy's refusal (5.7.x) may be mended."""
    text = _text(answer)
    enhanced = _ENHANCED.match(text)
    by_policy = enhanced is not None and enhanced[2] == _POLICY_SUBJECT
    final = code >= 500 and not by_policy
    mailbox = final and step == "RCPT" and (enhanced is None or enhanced[2] in ("1", "2"))
    return MailRefused(f"{step}: {code} {text}", final=final, mailbox=mailbox)


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__}: {error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(answer: bytes | str) -> str:
    text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:120]
