"""A mail catcher: takes every mail the demo sends, shows it on a page and as JSON. Sends nothing.

`GET /messages` gives the mails, newest first; `DELETE /messages` empties it.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from markupsafe import escape

_LINK = re.compile(r"https?://[^\s<>\"]+")
_CODE = re.compile(
    r"(?m)^\s*([0-9]{3}[ -]?[0-9]{3}|[0-9]{4}[ -]?[0-9]{4}|[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2,})\s*$"
)


@dataclass(frozen=True)
class Mail:
    """One mail as it was received."""

    to: str
    subject: str
    text: str
    html: str
    links: list[str]
    code: str | None
    received_at: str


@dataclass
class Mailbox:
    """All mails; SMTP threads write, web threads read."""

    mails: list[Mail] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  the library's name
        """Keep one mail per recipient."""
        content = envelope.content or b""
        data = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
        message = message_from_bytes(data, policy=policy.default)
        with self.lock:
            for recipient in envelope.rcpt_tos:
                self.mails.insert(0, _read(message, recipient))
        return "250 kept"

    def all(self) -> list[Mail]:
        """List the mails, newest first."""
        with self.lock:
            return list(self.mails)

    def empty(self) -> None:
        """Forget all mails."""
        with self.lock:
            self.mails.clear()


def _read(message: Any, recipient: str) -> Mail:
    text, html = _body(message, "plain"), _body(message, "html")
    code = _CODE.search(text)
    return Mail(
        to=recipient,
        subject=str(message.get("Subject", "")),
        text=text,
        html=html,
        links=_LINK.findall(text),
        code=re.sub(r"[ -]", "", code[1]) if code else None,
        received_at=datetime.now(UTC).isoformat(),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


def start_catcher(host: str, smtp_port: int, web_port: int) -> Mailbox:
    """Start both servers in threads of this process."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname=host, port=smtp_port)
    controller.start()

    class Pages(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/messages":
                mails = [asdict(mail) for mail in mailbox.all()]
                self._send("application/json", json.dumps(mails, ensure_ascii=False))
            elif self.path in ("/", "/healthz"):
                self._send("text/html; charset=utf-8", _page(mailbox.all()))
            else:
                self._send("text/plain", "not found", HTTPStatus.NOT_FOUND)

        def do_DELETE(self) -> None:
            if self.path == "/messages":
                mailbox.empty()
                self._send("application/json", "[]")
            else:
                self._send("text/plain", "not found", HTTPStatus.NOT_FOUND)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the terminal quiet."""

        def _send(self, kind: str, text: str, status: HTTPStatus = HTTPStatus.OK) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'self'")
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer((host, web_port), Pages)
    threading.Thread(target=server.serve_forever, daemon=True, name="mail-pages").start()
    return mailbox


def _page(mails: list[Mail]) -> str:
    items = "".join(
        f"<h2>{escape(mail.subject)}</h2><p>{escape(mail.to)} · {escape(mail.received_at)}</p>"
        f"<pre>{escape(mail.text)}</pre>"
        for mail in mails
    )
    return (
        '<!DOCTYPE html><html lang="ja"><meta charset="utf-8"><title>Mail</title>'
        f"<h1>メール（{len(mails)}）</h1>{items or '<p>まだメールはありません。</p>'}</html>"
    )
