"""A listener on a loopback address: waits for the browser to come back (RFC 8252 7.3)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from idp.cli.performing.report import Refused

PAGE = b"""<!doctype html><html lang="ja"><meta charset="utf-8"><title>idp perform</title>
<p>\xe3\x81\x93\xe3\x81\xae\xe7\x94\xbb\xe9\x9d\xa2\xe3\x81\xaf\xe9\x96\x89\xe3\x81\x98\xe3\x81\xa6\
\xe3\x81\x8f\xe3\x81\xa0\xe3\x81\x95\xe3\x81\x84\xe3\x80\x82</p><p>You may close this page.</p>"""
MOST = 64 * 1024
START = "/start"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass
class Listener:
    """Keeps what arrives at one path; used as a context manager."""

    uri: str
    onward: str = ""
    """Where `start` leads: an address that is not for the screen."""
    arrived: list[dict[str, str]] = field(default_factory=list)
    server: HTTPServer | None = None

    def __enter__(self) -> Listener:
        parts = urlsplit(self.uri)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK:
            raise Refused(f"{self.uri} is not on this machine: use --non-interactive or --paste")
        try:
            self.server = HTTPServer((parts.hostname, parts.port or 80), self._handler())
        except OSError:
            raise Refused(f"nothing can listen at {self.uri}; is the port taken?") from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.server is not None:
            self.server.server_close()

    @property
    def start(self) -> str:
        """Give the address that leads onward."""
        parts = urlsplit(self.uri)
        return f"{parts.scheme}://{parts.netloc}{START}"

    def begin(self, seconds: float) -> None:
        """Serve one request: the browser that opens `start`."""
        assert self.server is not None
        self.server.timeout = seconds
        self.server.handle_request()

    def wait(self, seconds: float) -> dict[str, str]:
        """Wait for the browser; answers the parameters it brings, raises `Refused` in vain."""
        assert self.server is not None
        until = time.monotonic() + seconds
        while not self.arrived:
            self.server.timeout = max(0.0, until - time.monotonic())
            if self.server.timeout == 0.0:
                raise Refused(f"nobody came back within {seconds:.0f} s")
            self.server.handle_request()
        return self.arrived.pop(0)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        path, arrived = urlsplit(self.uri).path or "/", self.arrived
        onward = self.onward

        class Handler(BaseHTTPRequestHandler):
            """Takes the answer by GET, or by POST (form_post, logout_token)."""

            def do_GET(self) -> None:
                """Take a query, or lead onward."""
                if onward and self.path == START:
                    self.send_response(303)
                    self.send_header("Location", onward)
                    self.end_headers()
                    return
                self._take(urlsplit(self.path).query)

            def do_POST(self) -> None:
                """Take a form."""
                length = self.headers.get("Content-Length", "0")
                size = int(length) if length.isascii() and length.isdigit() else 0
                self._take(self.rfile.read(min(size, MOST)).decode("utf-8", "replace"))

            def _take(self, text: str) -> None:
                known = urlsplit(self.path).path == path
                if known:
                    arrived.append(first_values(text))
                self.send_response(200 if known else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                self.wfile.write(PAGE if known else b"")

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: the line would hold the code."""

        return Handler


def first_values(text: str) -> dict[str, str]:
    """Read a query or a form; raises `Refused` when a parameter comes twice."""
    found = parse_qs(text, keep_blank_values=True)
    if any(len(values) > 1 for values in found.values()):
        raise Refused("the answer holds a parameter twice")
    return {name: values[0] for name, values in found.items()}
