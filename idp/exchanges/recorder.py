"""Writes down the exchanges of a demo: a layer around the application, and a file of lines.

A file, so that all worker processes and a restarted demo tell the same; bounded, so that it never
grows. Nothing here may change an answer: what cannot be recorded is not.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import msgspec
import structlog

from idp.clock import Clock
from idp.exchanges.model import PATHS, Exchange, cut, masked
from idp.web.request_id import request_id_of
from keys.errors import BadToken
from keys.signer import read_unverified

log = structlog.get_logger(__name__)
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
FILE = "exchanges.jsonl"
MOST_BYTES = 512 * 1024
MOST_BODY = 64 * 1024
MOST_LINES = 200


@dataclass(frozen=True)
class Exchanges:
    """The file of a demo's data folder."""

    path: Path

    def add(self, exchange: Exchange) -> None:
        """Append one exchange; the older half is let go when the file is full."""
        line = msgspec.json.encode(exchange) + b"\n"
        # One write with O_APPEND: lines of several processes do not mix.
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
        if size > MOST_BYTES:
            os.replace(self.path, self.path.with_suffix(".old"))

    def newest(self, client_id: str | None) -> list[Exchange]:
        """Give the newest exchanges of a client, newest first; of all clients for None."""
        found: list[Exchange] = []
        for path in (self.path, self.path.with_suffix(".old")):
            lines = path.read_bytes().splitlines() if path.exists() else []
            read = (_read(line) for line in reversed(lines))
            found += [e for e in read if e and client_id in (None, e.client_id)]
        return found[:MOST_LINES]


def _read(line: bytes) -> Exchange | None:
    try:
        return msgspec.json.decode(line, type=Exchange)
    except msgspec.MsgspecError:
        return None  # a line that was being written when the machine stopped


@dataclass(frozen=True)
class Recorder:
    """A WSGI layer around the whole application."""

    application: Wsgi
    exchanges: Exchanges
    clock: Clock

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer as the application does, and write down what was said."""
        if environ.get("PATH_INFO") not in PATHS or environ["REQUEST_METHOD"] == "OPTIONS":
            return self.application(environ, start_response)
        told: list[Any] = []

        def listen(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            told[:] = status, headers
            return start_response(status, headers, *more)

        sent = _sent(environ)
        answer = self.application(environ, listen)
        chunks = list(answer)
        close = getattr(answer, "close", None)
        if close is not None:
            close()  # PEP 3333: whoever consumes the iterable ends it
        try:
            self.exchanges.add(_exchange(environ, sent, told, b"".join(chunks), self.clock))
        except Exception:  # a page for developers must not cost anybody an answer
            log.exception("exchange.not_recorded", request_id=request_id_of(environ))
        return chunks


def _sent(environ: dict[str, Any]) -> dict[str, str]:
    """Read the parameters and put the body back."""
    fields = environ.get("QUERY_STRING", "")
    length = environ.get("CONTENT_LENGTH") or ""
    form = "urlencoded" in environ.get("CONTENT_TYPE", "")
    if form and length.isascii() and length.isdigit() and int(length) <= MOST_BODY:
        body = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = io.BytesIO(body)
        fields = f"{fields}&{body.decode('latin-1')}"
    return dict(parse_qsl(fields, errors="replace"))


def _exchange(
    environ: Mapping[str, Any], sent: Mapping[str, str], told: list[Any], body: bytes, clock: Clock
) -> Exchange:
    status, headers = int(told[0][:3]), {name.lower(): value for name, value in told[1]}
    answer = _answer(headers, body)
    scheme = environ.get("HTTP_AUTHORIZATION", "").partition(" ")[0]
    shown = {"authorization": cut(scheme)} if scheme else {}
    return Exchange(
        at=clock.now(),
        request_id=headers.get("x-request-id", ""),
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        client_id=_client(environ, sent),
        parameters=masked(sent),
        headers=shown | ({"dpop": "•••"} if "HTTP_DPOP" in environ else {}),
        status=status,
        error=cut(answer["error"]) if "error" in answer else None,
        description=cut(answer["error_description"]) if "error_description" in answer else None,
    )


def _answer(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Read the error of an answer: from JSON, or from where the browser is sent."""
    if "location" in headers:
        return dict(parse_qsl(urlsplit(headers["location"]).query))
    if headers.get("content-type", "").startswith("application/json") and body:
        content = msgspec.json.decode(body)
        if isinstance(content, dict):
            return {name: value for name, value in content.items() if isinstance(value, str)}
    return {}


def _client(environ: Mapping[str, Any], sent: Mapping[str, str]) -> str | None:
    """Tell who the client says it is."""
    scheme, _, text = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if "client_id" in sent:
        return cut(sent["client_id"])
    if scheme.lower() == "basic":
        try:
            name = base64.b64decode(text, validate=True).decode().partition(":")[0]
        except ValueError:
            return None
        return cut(unquote_plus(name))
    if "client_assertion" in sent:
        try:
            subject = read_unverified(sent["client_assertion"]).claims.get("sub")
        except BadToken:
            return None
        return cut(subject) if isinstance(subject, str) else None
    return None
