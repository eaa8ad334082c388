"""The provider inside this process, called as WSGI: to count its SQL and to profile it.

The same walks, the same stores as the running deployment; only the web server is missing.
"""

from __future__ import annotations

import cProfile
import io
import pstats
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from bench.deployment import Deployment
from bench.material import Material
from bench.scenarios import Scenario
from bench.walks import WALKS
from bench.wire import Item, Request, Response
from idp.app import create_app
from idp.assembly.provider import build_provider
from idp.storage.wire import Outcome, Sent, Wire

_BRACKETS = ("BEGIN", "COMMIT", "ROLLBACK", "--")
COUNTED, WARM_UP = 10, 5


@dataclass
class Counts:
    """SQL statements, commits of changing transactions, and Redis commands per operation."""

    statements: float = 0.0
    commits: float = 0.0
    redis: float = 0.0


@dataclass
class Inside:
    """The application with its statements traced."""

    deployment: Deployment
    seen: list[str] = field(default_factory=list)
    profiler: cProfile.Profile | None = None
    steps: dict[str, float] = field(default_factory=dict)
    """CPU seconds by method and path."""

    def __post_init__(self) -> None:
        """Build the application."""
        foundation = self.deployment.foundation()
        self.database = foundation.database
        self.application = create_app(build_provider(foundation))
        self.database.dispose()
        if self.database.is_sqlite:
            sa.event.listen(self.database.engine, "connect", self._trace)
        else:
            _count_flights(self.seen)

    def _trace(self, connection: Any, _record: object) -> None:
        connection.set_trace_callback(self.seen.append)

    def count(self, scenario: Scenario, material: Material) -> Counts:
        """Count what one operation of a scenario sends to its stores, after a warm-up."""
        items = scenario.items(material, COUNTED + WARM_UP)
        for item in items[:WARM_UP]:
            self.walk(scenario.walk, item)
        self.seen.clear()
        commands = self.deployment.stores.redis_commands()
        for item in items[WARM_UP:]:
            self.walk(scenario.walk, item)
        asked = 1  # the second question itself
        commands = max(0, self.deployment.stores.redis_commands() - commands - asked)
        done = len(items) - WARM_UP
        return Counts(
            statements=sum(not sql.startswith(_BRACKETS) for sql in self.seen) / done,
            commits=sum(sql.startswith("COMMIT") for sql in self.seen) / done,
            redis=commands / done,
        )

    def statements(self, scenario: Scenario, material: Material) -> list[str]:
        """List the statements of one operation, in order."""
        *before, last = scenario.items(material, WARM_UP + 1)
        for item in before:
            self.walk(scenario.walk, item)
        self.seen.clear()
        self.walk(scenario.walk, last)
        return list(self.seen)

    def profile(self, scenario: Scenario, material: Material, count: int) -> str:
        """Profile walks of a scenario and tell where the time goes."""
        items = scenario.items(material, count + WARM_UP)
        for item in items[:WARM_UP]:
            self.walk(scenario.walk, item)
        half = (count + 1) // 2 + WARM_UP
        text = io.StringIO()
        text.write(self._steps(scenario, items[WARM_UP:half]))
        self.profiler = cProfile.Profile(time.thread_time)  # CPU: waiting for a disk is no work
        for item in items[half:]:
            self.walk(scenario.walk, item)
        stats = pstats.Stats(self.profiler, stream=text)
        self.profiler = None
        stats.sort_stats("tottime").print_stats(35)
        stats.sort_stats("cumulative").print_stats(60)
        return text.getvalue()

    def _steps(self, scenario: Scenario, items: list[Item]) -> str:
        """Tell the CPU of each request of a walk, without the profiler's own cost."""
        self.steps = {}
        for item in items:
            self.walk(scenario.walk, item)
        lines = (
            f"{seconds * 1000 / len(items):8.3f} ms CPU  {step}"
            for step, seconds in self.steps.items()
        )
        return "\n".join(["in process, without the web server:", *lines, "", ""])

    def close(self) -> None:
        """Close the connections to the stores."""
        self.database.dispose()

    def walk(self, name: str, item: Item) -> Item:
        """Do one walk."""
        walk = WALKS[name](item)
        try:
            request = next(walk)
            while True:
                request = walk.send(self.answer(request))
        except StopIteration as end:
            given: Item = end.value
            return given

    def answer(self, request: Request) -> Response:
        """Give the application's answer to one request."""
        environ = environ_of(request, self.deployment.port)
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
            started.append((status, headers))

        began = time.process_time()
        if self.profiler:
            self.profiler.enable()
        body = b"".join(_consumed(self.application(environ, start_response)))
        if self.profiler:
            self.profiler.disable()
        step = f"{request.method} {environ['PATH_INFO']}"
        self.steps[step] = self.steps.get(step, 0.0) + time.process_time() - began
        status, headers = started[0]
        lowered = tuple((name.lower(), value) for name, value in headers)
        return Response(int(status.split(" ", 1)[0]), lowered, body)


def _consumed(chunks: Iterable[bytes]) -> list[bytes]:
    try:
        return list(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close:
            close()


def environ_of(request: Request, port: int) -> dict[str, Any]:
    """Give a request as a WSGI server would."""
    path, _, query = request.path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": f"127.0.0.1:{port}",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if request.method == "POST":
        environ["CONTENT_LENGTH"] = str(len(request.body))
    for name, value in request.headers:
        key = name.upper().replace("-", "_")
        environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ


def _count_flights(seen: list[str]) -> None:
    """Note every statement that this process sends to PostgreSQL from now on."""
    ask = Wire.ask

    def counting(self: Wire, flight: Sequence[Sent], also: Sequence[int] = ()) -> list[Outcome]:
        seen.extend(sql for sql, _ in flight)
        return ask(self, flight, also)

    Wire.ask = counting  # type: ignore[method-assign]
