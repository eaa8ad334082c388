"""The one guarded door for calls to others: back-channel logout and `jwks_uri`.

https to public addresses only, unless `IDP_OUTGOING_ALLOW` names more; the address is pinned after
resolution (so DNS cannot answer twice), no redirects are followed, no proxy of the environment is
asked, nothing is decompressed; 5 s for all of it and 64 kB. Server-side request forgery is what
this prevents (CVE-2020-10770, CVE-2026-1180). Which addresses are public: `idp.outgoing.addresses`.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from idp.outgoing.addresses import DEFAULT_PORTS, Allowed, OutgoingRefused, addresses_of
from idp.outgoing.wire import Deadline, Target, exchange
from keys.encoding import parse_object

Read = TypeVar("Read")

MAX_ANSWER = 64 * 1024
MAX_DEPTH = 16
_URL = re.compile(r"https?://[!-~]{1,1990}")
# An unterminated text is taken whole as well: nothing is scanned twice.
_NESTING = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[][{}]', re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """A JSON object that was fetched, with the one header its keeper may ask for."""

    content: dict[str, Any]
    cache_control: str


@dataclass(frozen=True)
class Outgoing:
    """Makes guarded calls. `resolve` pins public names of a demo to its own address."""

    allow: tuple[Allowed, ...] = ()
    ca: Path | None = None
    resolve: tuple[tuple[str, str], ...] = ()
    timeout: float = 5.0
    """Seconds for a whole call, name resolution and a body that drips included."""

    def post_form(self, url: str, fields: Mapping[str, str]) -> int:
        """POST a form; answers the status. Raises `OutgoingRefused`."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}

        def status_of(answer: HTTPResponse) -> int:
            return answer.status

        return self._call("POST", url, urlencode(fields).encode(), headers, status_of)

    def get_json(self, url: str) -> Answer:
        """GET one JSON object of at most 64 kB and 16 levels; raises `OutgoingRefused`.

        The content type is not looked at: many serve a key set as text.
        """
        headers = {"Accept": "application/jwk-set+json, application/json"}
        return self._call("GET", url, None, headers, _json_of)

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Make the TLS settings once; raises OSError for a CA file that cannot be read."""
        context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _call(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        read: Callable[[HTTPResponse], Read],
    ) -> Read:
        scheme, host, port, authority, path = _parts(url)
        with Deadline(self.timeout) as deadline:
            named = dict(self.resolve).get(host, host)
            addresses = addresses_of(self.allow, scheme, named, port, deadline.remaining())
            context = self.tls if scheme == "https" else None
            target = Target(host, port, authority, addresses, context)
            try:
                with exchange(deadline, target, method, path, body, headers) as answer:
                    result = read(answer)
            except OutgoingRefused:
                deadline.check()
                raise
            except (OSError, HTTPException, ValueError) as error:
                raise OutgoingRefused(deadline.why(error)) from error
            deadline.check()  # what was cut off may look like a whole answer
            return result


def _parts(url: str) -> tuple[str, str, int, str, str]:
    """Take an address apart: scheme, host, port, authority, target; raises `OutgoingRefused`."""
    # One pattern before the parser: urlsplit drops TAB, CR and LF silently.
    if not _URL.fullmatch(url) or "\\" in url:
        raise OutgoingRefused("not a web address")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise OutgoingRefused("not a web address") from None
    # User information and fragments serve only to make an address look like another.
    if not host or "@" in parts.netloc or port == 0:
        raise OutgoingRefused("not a web address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or DEFAULT_PORTS[parts.scheme], parts.netloc, path


def _json_of(answer: HTTPResponse) -> Answer:
    if answer.status != 200:
        raise OutgoingRefused(f"status {answer.status}")
    if answer.getheader("Content-Encoding", "identity").lower() != "identity":
        raise OutgoingRefused("the answer is compressed")  # a small bomb would become a large one
    if answer.length is not None and answer.length > MAX_ANSWER:
        raise OutgoingRefused("the answer is too large")
    body = answer.read(MAX_ANSWER + 1)
    if len(body) > MAX_ANSWER:
        raise OutgoingRefused("the answer is too large")
    if answer.length:
        raise OutgoingRefused("the answer was cut")
    if _depth(body) > MAX_DEPTH:
        raise OutgoingRefused("the answer is nested too deeply")
    try:
        content = parse_object(body)
    except ValueError:
        raise OutgoingRefused("the answer is not one JSON object") from None
    return Answer(content, (answer.getheader("Cache-Control") or "")[:200])


def _depth(body: bytes) -> int:
    deepest = depth = 0
    for token in _NESTING.findall(body):
        if token in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token in b"]}":
            depth -= 1
    return deepest
