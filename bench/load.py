"""The load generator: a process of its own that drives walks over a few open connections.

Reads one job as JSON from standard input, writes one result as JSON to standard output. One thread
and one selector: it has to cost less than what it measures.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.walks import WALKS
from bench.wire import Item, Response, UnexpectedAnswer, Walk

STALLED_SECONDS = 30.0


@dataclass(frozen=True)
class Job:
    """Walk through all items at one port."""

    port: int
    walk: str
    items: list[Item]
    connections: int = 6


@dataclass
class Result:
    """What happened: seconds per walk, and what each walk brought back."""

    wall: float = 0.0
    requests: int = 0
    seconds: list[float] = field(default_factory=list)
    outputs: list[Item] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def run(job: Job) -> Result:
    """Run a job in a process of its own; raises `UnexpectedAnswer` when any walk failed."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UnexpectedAnswer(f"the load generator ended: {done.stderr[-2000:]}")
    result = Result(**json.loads(done.stdout))
    if result.failures:
        count = len(result.failures)
        raise UnexpectedAnswer(f"{job.walk}: {count} walks failed, first: {result.failures[0]}")
    return result


class _Connection:
    """One open connection, busy with one walk at a time."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.walk: Walk | None = None
        self.began = 0.0


class _Driver:
    """Moves the walks of a job forward whenever an answer is complete."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.walk_of = WALKS[job.walk]
        self.waiting = deque(job.items)
        self.result = Result()
        self.busy = 0

    def drive(self) -> Result:
        """Walk through everything."""
        with selectors.DefaultSelector() as selector:
            connections = [_Connection(self.job.port) for _ in range(self.job.connections)]
            started = time.perf_counter()
            for connection in connections:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
                self._begin(connection)
            while self.busy:
                ready = selector.select(STALLED_SECONDS)
                if not ready:
                    raise UnexpectedAnswer(f"no answer for {STALLED_SECONDS} s")
                for key, _ in ready:
                    self._receive(key.data)
            self.result.wall = time.perf_counter() - started
            for connection in connections:
                connection.socket.close()
        return self.result

    def _begin(self, connection: _Connection) -> None:
        if not self.waiting:
            connection.walk = None
            return
        self.busy += 1
        connection.walk = self.walk_of(self.waiting.popleft())
        connection.began = time.perf_counter()
        self._advance(connection, None)

    def _receive(self, connection: _Connection) -> None:
        chunk = connection.socket.recv(262_144)
        if not chunk:
            raise UnexpectedAnswer("the connection was closed")
        connection.received += chunk
        parsed = parse(connection.received)
        if parsed is not None:
            response, connection.received = parsed
            self._advance(connection, response)

    def _advance(self, connection: _Connection, response: Response | None) -> None:
        assert connection.walk is not None
        try:
            request = next(connection.walk) if response is None else connection.walk.send(response)
        except StopIteration as end:
            self.result.outputs.append(end.value)
        except UnexpectedAnswer as failure:
            self.result.failures.append(str(failure))
        else:
            self.result.requests += 1
            connection.socket.sendall(request.to_bytes(connection.host))
            return
        self.result.seconds.append(time.perf_counter() - connection.began)
        self.busy -= 1
        self._begin(connection)


def parse(received: bytes) -> tuple[Response, bytes] | None:
    """Read one response from the bytes so far; None while it is incomplete."""
    head, found, rest = received.partition(b"\r\n\r\n")
    if not found:
        return None
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = tuple(
        (name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
    )
    length = next((int(value) for name, value in headers if name == "content-length"), None)
    if length is None:
        raise UnexpectedAnswer(f"an answer without Content-Length: {status}")
    if len(rest) < length:
        return None
    return Response(int(status.split(" ", 2)[1]), headers, rest[:length]), rest[length:]


def main() -> None:
    """Read a job, do it, write the result."""
    content: dict[str, Any] = json.load(sys.stdin)
    json.dump(asdict(_Driver(Job(**content)).drive()), sys.stdout)


if __name__ == "__main__":
    main()
