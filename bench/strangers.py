"""A browser of nobody in particular, over HTTP or inside this process, and what its requests take.

Over HTTP it is the clock on the wall: what a stranger can see. Inside it is the CPU of the thread
that answers: what the machine's moods do not touch, so that a difference of microseconds shows.
"""

from __future__ import annotations

import html
import http.client
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from bench.inside import environ_of
from bench.wire import Request
from idp.app import create_app
from idp.assembly.foundation import Foundation
from idp.assembly.provider import build_provider

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_FORM = re.compile(r'<form[^>]* id="([^"]+)".*?</form>', re.DOTALL)
_FORM_TYPE = ("Content-Type", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class Answer:
    """What came back, and how many milliseconds it took."""

    status: int
    headers: tuple[tuple[str, str], ...]
    page: str = field(repr=False)
    took: float

    def hidden(self, form_id: str) -> dict[str, str]:
        """Give the hidden inputs of a form on the page."""
        form = next(m[0] for m in _FORM.finditer(self.page) if m[1] == form_id)
        return {name: html.unescape(value) for name, value in _HIDDEN.findall(form)}

    def header(self, wanted: str) -> str:
        """Give a header; empty without it."""
        return next((value for name, value in self.headers if name.lower() == wanted), "")


@dataclass
class Stranger:
    """One browser on one connection to a running server."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Connect."""
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str) -> Answer:
        """Open a page."""
        return self._ask(Request("GET", path, self._headers()))

    def post(self, path: str, form: dict[str, str]) -> Answer:
        """Send a form."""
        body = urlencode(form).encode()
        return self._ask(Request("POST", path, (*self._headers(), _FORM_TYPE), body))

    def _headers(self) -> tuple[tuple[str, str], ...]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return (("Host", f"localhost:{self.port}"), ("Cookie", cookies))

    def _ask(self, request: Request) -> Answer:
        answer = self._answer(request)
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                cookie, _, content = value.partition(";")[0].partition("=")
                self.cookies[cookie] = content
        return answer

    def _answer(self, request: Request) -> Answer:
        began = time.perf_counter()
        self.connection.request(
            request.method, request.path, request.body or None, dict(request.headers)
        )
        answer = self.connection.getresponse()
        page = answer.read()
        took = (time.perf_counter() - began) * 1000
        return Answer(answer.status, tuple(answer.headers.items()), page.decode(), took)


class Insider(Stranger):
    """The same browser, answered by the application in this process."""

    def __init__(self, port: int, foundation: Foundation) -> None:
        """Build the application."""
        super().__init__(port)
        self.application = create_app(build_provider(foundation))

    def _answer(self, request: Request) -> Answer:
        environ = environ_of(request, self.port)
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            started.append((status, headers))

        began = time.thread_time_ns()
        chunks = self.application(environ, start_response)
        page = b"".join(chunks)
        took = (time.thread_time_ns() - began) / 1e6
        close = getattr(chunks, "close", None)
        if close:
            close()
        status, headers = started[0]
        return Answer(int(status.split(" ", 1)[0]), tuple(headers), page.decode(), took)
