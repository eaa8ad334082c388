"""A small SMTP server that can be rude: refuse, greylist, hang up after DATA, answer slowly.

Speaks just enough of RFC 5321 on loopback, one thread per session. What it took is kept.
"""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, ClassVar


@dataclass(frozen=True)
class Taken:
    """One message the server took (or swallowed before it hung up)."""

    sender: str
    to: str
    data: bytes = field(repr=False)

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.data, policy=policy.default)  # type: ignore[return-value]

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        return part.get_content() if part is not None else ""

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        return part.get_content() if part is not None else ""


@dataclass
class Manners:
    """How it answers. Each hook sees the command's argument and how often it was seen before."""

    rcpt: Callable[[str, int], str] = lambda _to, _seen: "250 ok"
    data: Callable[[str, int], str | None] = lambda _to, _seen: "250 taken"
    """None hangs up after the content was read."""
    mail: Callable[[str, int], str] = lambda _sender, _seen: "250 ok"
    greeting: str = "220 sample.example ESMTP"
    pause: float = 0.0
    """Seconds before each answer."""
    release: threading.Event = field(default_factory=threading.Event)
    """Ends all pauses."""
    password: str | None = None


@dataclass
class SmtpServer:
    """A running server."""

    port: int
    manners: Manners
    taken: list[Taken] = field(default_factory=list)
    swallowed: list[Taken] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    sessions: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> int:
        """Count a command; answers how often it was seen before."""
        with self.lock:
            self.seen[what] += 1
            return self.seen[what] - 1


class _Session(socketserver.StreamRequestHandler):
    house: ClassVar[Any] = None
    tls: ClassVar[ssl.SSLContext | None] = None
    timeout = 20

    def handle(self) -> None:
        house: SmtpServer = self.house
        with house.lock:
            house.sessions += 1
        manners, sender, to = house.manners, "", ""
        self.say(manners.greeting)
        while line := self.rfile.readline(2000):
            word, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            word, rest = word.upper(), rest.partition(":")[2].strip() or rest
            if word == "EHLO":
                self.say("250-sample.example")
                if self.tls is not None and not isinstance(self.connection, ssl.SSLSocket):
                    self.say("250-STARTTLS")
                if manners.password is not None:
                    self.say("250-AUTH PLAIN")
                self.say("250 8BITMIME")
            elif word == "STARTTLS" and self.tls is not None:
                self.say("220 go")
                self.connection = self.request = self.tls.wrap_socket(
                    self.connection, server_side=True
                )
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb")
            elif word == "AUTH":
                right = manners.password is not None and manners.password in rest
                self.say("235 welcome" if right else "535 5.7.8 wrong")
            elif word == "MAIL":
                sender = rest
                self.say(manners.mail(sender, house.count(f"MAIL {sender}")))
            elif word == "RCPT":
                to = rest.removeprefix("<").removesuffix(">")
                self.say(manners.rcpt(to, house.count(f"RCPT {to}")))
            elif word == "DATA":
                self.say("354 send")
                content = b"".join(iter(self.rfile.readline, b".\r\n"))
                one = Taken(sender, to, content)
                answer = manners.data(to, house.count(f"DATA {to}"))
                if answer is None:
                    with house.lock:
                        house.swallowed.append(one)
                    return
                if answer.startswith("2"):
                    with house.lock:
                        house.taken.append(one)
                self.say(answer)
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.connection.close()  # under TLS it is another socket than the server knows

    def say(self, answer: str) -> None:
        if self.house.manners.pause:
            self.house.manners.release.wait(self.house.manners.pause)
        self.wfile.write(answer.encode("ascii") + b"\r\n")
        self.wfile.flush()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no fault of the server's."""


@contextmanager
def smtp_server(
    manners: Manners | None = None, port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[SmtpServer]:
    """Run a server on 127.0.0.1; with `tls` it offers STARTTLS."""
    handler = type("Session", (_Session,), {"tls": tls})
    with _Server(("127.0.0.1", port), handler) as server:
        house = SmtpServer(server.server_address[1], manners or Manners())
        handler.house = house  # type: ignore[attr-defined]
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        try:
            yield house
        finally:
            server.shutdown()
            thread.join(5)
