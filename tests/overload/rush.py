"""A load generator that does not wait: requests leave at their rate, whatever is answered.

A process of its own with one selector, like `bench.load`, which keeps a fixed number of clients
busy and so never offers more than the server takes. Reads one job as JSON from standard input,
writes one result as JSON to standard output.
"""

from __future__ import annotations

import heapq
import json
import re
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field

MOST_CONNECTIONS = 1800
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_AGAIN = re.compile(rb"\r\nretry-after: *([^\r]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Stream:
    """Requests of one kind, taken in turn: so many a second, or by so many clients in a row."""

    wires: list[str]
    per_second: float = 0.0
    clients: int = 0
    obey: bool = False
    """Ask again after `Retry-After`, as often as told to."""
    sign: str = ""
    """What the head of an answer holds that did what was asked."""


@dataclass(frozen=True)
class Job:
    """Send streams to one port for some seconds; then take answers for some more."""

    port: int
    streams: list[Stream]
    seconds: float
    patience: float = 15.0


@dataclass
class Answers:
    """What one stream got back: one entry in each list for every answer."""

    statuses: list[int] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    """When it came, in seconds since the start."""
    took: list[float] = field(default_factory=list)
    """Seconds since its request was sent."""
    good: list[bool] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    """`Retry-After` as it was written; empty when there was none."""
    asked: int = 0
    """Clients that came; those told to come back are the same clients."""
    lost: int = 0
    """Requests that were never answered, or whose connection was closed instead."""

    def good_per_second(self, since: float, until: float) -> float:
        """Count what succeeded in a time, per second."""
        done = sum(g and since <= at < until for g, at in zip(self.good, self.ended, strict=True))
        return done / (until - since)

    def p99(self) -> float:
        """Give the seconds in which 99 of 100 were answered."""
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


def start(job: Job) -> subprocess.Popen[str]:
    """Start a job in a process of its own; `finish` gives its result."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.overload.rush"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(asdict(job)))
    process.stdin.close()
    process.stdin = None
    return process


def finish(process: subprocess.Popen[str]) -> list[Answers]:
    """Wait for a job to end; gives the answers of its streams."""
    written, _ = process.communicate(timeout=300)
    assert process.returncode == 0, "the load generator ended"
    return [Answers(**one) for one in json.loads(written)]


@dataclass
class _Ask:
    """One client's request, which may be sent again."""

    stream: int
    wire: bytes
    sent: float = 0.0


class _Line:
    """One connection, kept open from request to request."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = b""
        self.ask: _Ask | None = None


class _Rush:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.answers = [Answers() for _ in job.streams]
        self.idle: deque[_Line] = deque()
        self.open = 0
        self.busy = 0
        self.due: list[tuple[float, int, _Ask]] = []
        self.count = 0
        self.began = 0.0

    def run(self) -> list[Answers]:
        """Send, and take what is answered."""
        with selectors.DefaultSelector() as selector:
            self.selector = selector
            self.began = time.monotonic()
            for number, stream in enumerate(self.job.streams):
                for _ in range(stream.clients or 1):
                    self._come(number, self.began)
            self._loop(self.began + self.job.seconds + self.job.patience)
            for key in list(selector.get_map().values()):
                key.data.socket.close()
                if key.data.ask is not None:
                    self.answers[key.data.ask.stream].lost += 1
        for _, _, ask in self.due:
            self.answers[ask.stream].lost += 1
        return self.answers

    def _loop(self, until: float) -> None:
        while (now := time.monotonic()) < until and (self.due or self.busy):
            while self.due and self.due[0][0] <= now:
                at, _, ask = heapq.heappop(self.due)
                self._send(ask, at)
            pause = self.due[0][0] - time.monotonic() if self.due else 0.2
            for key, _ in self.selector.select(min(0.2, max(0.0, pause))):
                self._receive(key.data)

    def _come(self, number: int, at: float) -> None:
        """Let the next client of a stream come, if its time is not over."""
        if at >= self.began + self.job.seconds:
            return
        stream, told = self.job.streams[number], self.answers[number]
        wire = stream.wires[told.asked % len(stream.wires)].encode("latin-1")
        told.asked += 1
        self._later(at, _Ask(number, wire))

    def _later(self, at: float, ask: _Ask) -> None:
        self.count += 1
        heapq.heappush(self.due, (at, self.count, ask))

    def _send(self, ask: _Ask, at: float) -> None:
        rate = self.job.streams[ask.stream].per_second
        if rate and not ask.sent:
            self._come(ask.stream, at + 1 / rate)
        if not self.idle and self.open >= MOST_CONNECTIONS:
            self.answers[ask.stream].lost += 1
            return
        line = self.idle.popleft() if self.idle else self._connect()
        line.ask, ask.sent = ask, time.monotonic()
        self.busy += 1
        line.socket.sendall(ask.wire)

    def _connect(self) -> _Line:
        line = _Line(self.job.port)
        self.open += 1
        self.selector.register(line.socket, selectors.EVENT_READ, line)
        return line

    def _receive(self, line: _Line) -> None:
        try:
            piece = line.socket.recv(262_144)
        except ConnectionError:
            piece = b""
        if not piece:
            self._closed(line)
            return
        line.got += piece
        head, gap, body = line.got.partition(b"\r\n\r\n")
        length = _LENGTH.search(head) if gap else None
        if line.ask is None or length is None or len(body) < int(length[1]):
            return
        ask, line.ask, line.got = line.ask, None, b""
        self.busy -= 1
        self.idle.append(line)
        self._answered(ask, head)

    def _closed(self, line: _Line) -> None:
        self.selector.unregister(line.socket)
        line.socket.close()
        self.open -= 1
        if line.ask is None:
            self.idle.remove(line)
            return
        self.busy -= 1
        self.answers[line.ask.stream].lost += 1

    def _answered(self, ask: _Ask, head: bytes) -> None:
        now = time.monotonic()
        stream, told = self.job.streams[ask.stream], self.answers[ask.stream]
        status, again = int(head[9:12]), _AGAIN.search(head)
        told.statuses.append(status)
        told.ended.append(now - self.began)
        told.took.append(now - ask.sent)
        told.good.append(stream.sign.encode() in head)
        told.again.append(again[1].decode("latin-1") if again else "")
        if stream.obey and status == 503 and again and again[1].isdigit():
            self._later(now + int(again[1]), ask)
        elif stream.clients:
            self._come(ask.stream, now)


def main() -> None:
    """Read a job, do it, write the result."""
    content = json.load(sys.stdin)
    content["streams"] = [Stream(**one) for one in content["streams"]]
    json.dump([asdict(one) for one in _Rush(Job(**content)).run()], sys.stdout)


if __name__ == "__main__":
    main()
