"""Clients that send half a request and nothing more, and visitors that come meanwhile."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import parse
from bench.walks import WALKS
from bench.wire import Item

HALF_A_HEAD = b"POST /sign-in HTTP/1.1\r\nHost: id.mihon.example\r\nX-Half: "
HALF_A_BODY = (
    b"POST /sign-in HTTP/1.1\r\nHost: id.mihon.example\r\nContent-Length: 1000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nusername=half"
)
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Door:
    """A port of 127.0.0.1 to come in by; with a CA, by TLS under a name."""

    port: int
    name: str = "127.0.0.1"
    ca: Path | None = None

    @property
    def host(self) -> str:
        """Give the `Host` that a client sends."""
        return self.name if self.ca else f"{self.name}:{self.port}"

    def context(self) -> ssl.SSLContext | None:
        """Make what a client needs for TLS."""
        return ssl.create_default_context(cafile=str(self.ca)) if self.ca else None

    def connect(
        self, address: str = "127.0.0.1", context: ssl.SSLContext | None = None
    ) -> socket.socket:
        """Open a connection from an address of this machine (all of 127.0.0.0/8 are its own)."""
        plain = socket.create_connection(
            ("127.0.0.1", self.port), PATIENCE_SECONDS, source_address=(address, 0)
        )
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context = context or self.context()
        return context.wrap_socket(plain, server_hostname=self.name) if context else plain


@dataclass
class Held:
    """Connections that sent something and stopped."""

    connections: list[socket.socket] = field(default_factory=list)

    def waiting(self) -> int:
        """Count those on which the server has neither answered nor hung up by now."""
        self.connections = [one for one in self.connections if _waits(one)]
        return len(self.connections)


@contextmanager
def stalled(
    door: Door, count: int, sent: bytes, addresses: Sequence[str] = ("127.0.0.1",)
) -> Iterator[Held]:
    """Hold connections that sent so much and stopped, shared out over the addresses."""
    context, opened = door.context(), list[socket.socket]()
    try:
        for number in range(count):
            opened.append(door.connect(addresses[number % len(addresses)], context))
            opened[-1].sendall(sent)
        for one in opened:
            one.setblocking(False)
        yield Held([*opened])
    finally:
        for one in opened:
            one.close()


def _waits(one: socket.socket) -> bool:
    try:
        one.recv(1)
    except (ssl.SSLWantReadError, BlockingIOError):
        return True
    except OSError:
        return False
    return False


def visit(door: Door, walk: str, item: Item, address: str = "127.0.0.1") -> tuple[Item, float]:
    """Walk as one visitor on one connection; answers what the walk brings, and the seconds.

    Raises TimeoutError when an answer takes too long, `UnexpectedAnswer` when it is a wrong one.
    """
    began = time.monotonic()
    with door.connect(address) as connection:
        steps = WALKS[walk](item)
        request = next(steps)
        while True:
            connection.sendall(request.to_bytes(door.host))
            received = b""
            while (parsed := parse(received)) is None:
                piece = connection.recv(65_536)
                assert piece, f"the server closed: {received[:200]!r}"
                received += piece
            try:
                request = steps.send(parsed[0])
            except StopIteration as end:
                return end.value, time.monotonic() - began
