"""A crowd of HTTP clients that send at the same moment: open sockets first, then every request.

One selector loop instead of threads: the client costs little beside the server it races. It obeys
`Retry-After` if told to; the last answer of each client counts.
"""

from __future__ import annotations

import heapq
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Shot:
    """One client's request; `after`: how many others must have been answered before it is sent."""

    method: str
    path: str
    form: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    after: int = 0

    def on_the_wire(self, host: str) -> bytes:
        body = urlencode(self.form).encode() if self.method == "POST" else b""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.method == "POST":
            lines.append("Content-Type: application/x-www-form-urlencoded")
        lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Answer:
    """The last answer a client got, when, and how often it had to ask."""

    status: int
    headers: dict[str, list[str]]
    body: bytes
    seconds: float
    tries: int

    def cookie(self, name: str) -> str | None:
        for line in self.headers.get("set-cookie", []):
            key, _, rest = line.partition("=")
            if key == name:
                return rest.partition(";")[0]
        return None


@dataclass
class _Client:
    shot: Shot
    wire: bytes
    sock: socket.socket | None = None
    left: bytes = b""
    got: bytes = b""
    tries: int = 0
    answer: Answer | None = None


class Crowd:
    """Fires shots at one server."""

    def __init__(self, issuer: str) -> None:
        parts = urlsplit(issuer)
        self.place = (str(parts.hostname), int(parts.port or 80))
        self.host = parts.netloc

    def fire(
        self, shots: Sequence[Shot], *, within: float = 60.0, obey: bool = True
    ) -> list[Answer]:
        """Send all at once; the last answers within so many seconds, in the order of the shots.

        Whoever was never answered has status 0.
        """
        clients = [_Client(shot, shot.on_the_wire(self.host)) for shot in shots]
        for client in clients:
            client.sock = self._connect()
        self._run(clients, within, obey)
        return [client.answer or Answer(0, {}, b"", within, client.tries) for client in clients]

    def _run(self, clients: list[_Client], within: float, obey: bool) -> None:
        started = time.monotonic()
        held = {n: c.shot.after for n, c in enumerate(clients) if c.shot.after}
        waiting: list[tuple[float, int]] = []
        done = 0
        with selectors.DefaultSelector() as selector:
            for number, client in enumerate(clients):
                if number not in held:
                    self._send(selector, number, client)
            while done < len(clients) and time.monotonic() < started + within:
                for number in _due(held, done, waiting):
                    self._send(selector, number, clients[number])
                pause = min(0.05, waiting[0][0] - time.monotonic()) if waiting else 0.05
                for key, ready in selector.select(max(0.0, pause)):
                    client = clients[key.data]
                    answer = self._step(selector, key.data, client, ready, started)
                    if answer is None:
                        continue
                    client.answer = answer
                    if obey and answer.status == 503 and "retry-after" in answer.headers:
                        again = time.monotonic() + float(answer.headers["retry-after"][0])
                        heapq.heappush(waiting, (again, key.data))
                    else:
                        done += 1
        for client in clients:
            if client.sock is not None:
                client.sock.close()

    def _connect(self) -> socket.socket:
        sock = socket.create_connection(self.place, timeout=10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        return sock

    def _send(self, selector: selectors.BaseSelector, number: int, client: _Client) -> None:
        client.tries += 1
        client.left, client.got = client.wire, b""
        if client.sock is None:
            client.sock = self._connect()
        selector.register(client.sock, selectors.EVENT_WRITE, number)

    def _step(
        self,
        selector: selectors.BaseSelector,
        number: int,
        client: _Client,
        ready: int,
        started: float,
    ) -> Answer | None:
        sock = client.sock
        assert sock is not None
        if ready & selectors.EVENT_WRITE:
            client.left = client.left[sock.send(client.left) :]
            if not client.left:
                selector.modify(sock, selectors.EVENT_READ, number)
            return None
        piece = sock.recv(65_536)
        client.got += piece
        read = _read(client.got)
        if read is None:
            assert piece, f"the server closed in the middle: {client.got[:200]!r}"
            return None
        selector.unregister(sock)
        status, headers, body = read
        if headers.get("connection") == ["close"]:
            sock.close()
            client.sock = None
        return Answer(status, headers, body, time.monotonic() - started, client.tries)


def _due(held: dict[int, int], done: int, waiting: list[tuple[float, int]]) -> list[int]:
    """Take out who may send now: held until enough others were answered, or told to come back."""
    due = [number for number, after in held.items() if after <= done]
    for number in due:
        del held[number]
    while waiting and waiting[0][0] <= time.monotonic():
        due.append(heapq.heappop(waiting)[1])
    return due


def _read(got: bytes) -> tuple[int, dict[str, list[str]], bytes] | None:
    head, gap, body = got.partition(b"\r\n\r\n")
    if not gap:
        return None
    lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, list[str]] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers.setdefault(name.lower(), []).append(value.strip())
    length = headers.get("content-length")
    assert length is not None, f"an answer without a length: {lines}"
    if len(body) < int(length[0]):
        return None
    return int(lines[0].split()[1]), headers, body
