"""HTTP as the walks speak it: a request, a response, and the walk that goes from one to the next.

A walk is a generator, so that the load generator can drive many at once over sockets and the
profiler one at a time inside its own process, both through the same steps.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

Item = dict[str, Any]
"""What one walk starts from: plain JSON."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a walk."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def to_bytes(self, host: str) -> bytes:
        """Write the request as HTTP/1.1 on a connection that stays open."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.method == "POST":
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True, slots=True)
class Response:
    """What came back; header names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Give one header; raises `UnexpectedAnswer` when it is missing."""
        for found, value in self.headers:
            if found == name:
                return value
        raise UnexpectedAnswer(f"{self.status} without {name}")

    def cookies(self) -> dict[str, str]:
        """Give the cookies that were set."""
        pairs = (v.partition(";")[0].partition("=") for n, v in self.headers if n == "set-cookie")
        return {name: value for name, _, value in pairs}

    def expect(self, status: int) -> Response:
        """Answer itself when the status is the wanted one; raises `UnexpectedAnswer`."""
        if self.status != status:
            shown = self.body[:300].decode("utf-8", "replace")
            raise UnexpectedAnswer(f"{self.status} instead of {status}: {shown}")
        return self


class UnexpectedAnswer(Exception):
    """The provider answered something that ends the walk; a measurement with one is void."""


Walk = Generator[Request, Response, Item]


def get(path: str, **headers: str) -> Request:
    """Make a GET request."""
    return Request("GET", path, tuple((k.replace("_", "-"), v) for k, v in headers.items()))


def post(path: str, form: dict[str, str], **headers: str) -> Request:
    """Make a POST of a form."""
    given = tuple((k.replace("_", "-"), v) for k, v in headers.items())
    kind = ("Content-Type", "application/x-www-form-urlencoded")
    return Request("POST", path, (*given, kind), urlencode(form).encode())


def cookie_header(jar: dict[str, str]) -> str:
    """Write a cookie jar as the `Cookie` header."""
    return "; ".join(f"{name}={value}" for name, value in jar.items() if value)
