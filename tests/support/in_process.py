"""The provider of a running demo once more, in this process: WSGI without a server between.

Reads the demo's own settings and database, so that what the server issued is known here too. For
suites of thousands of requests; the same requests go over a socket in smaller numbers.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from idp.app import create_app
from idp.assembly.provider import build_provider
from idp.bootstrap import prepare
from idp.oidc.door import FrontDoor
from idp.settings import read_settings
from tests.support.demo import Demo


@dataclass(frozen=True)
class Answer:
    """One response."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def location(self) -> str:
        """Give where the response leads, or nothing."""
        return self.headers.get("location", "")


@dataclass(frozen=True)
class InProcess:
    """The application."""

    application: FrontDoor
    issuer: str

    def call(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        query: Mapping[str, str] | str | None = None,
        sent: tuple[str, bytes] | None = None,
        **headers: str,
    ) -> Answer:
        """Send one request; header names are given as in `authorization`, `x_request_id`.

        `sent` is a body as it is, with its media type, in place of a form.
        """
        # A lone surrogate in a test's text goes as its bytes, as a careless client would send it.
        body = urlencode(form or {}, errors="surrogatepass").encode("latin-1")
        parts = urlsplit(self.issuer)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query
            if isinstance(query, str)
            else urlencode(query or {}, errors="surrogatepass"),
            "SERVER_NAME": parts.hostname,
            "SERVER_PORT": str(parts.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": parts.netloc,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": parts.scheme,
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        } | {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        if sent is not None:
            environ["CONTENT_TYPE"], body = sent
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        elif method == "POST":
            environ["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
            environ["CONTENT_LENGTH"] = str(len(body))
        told: list[Any] = []
        chunks = self.application(environ, lambda *said: told.extend(said[:2]))
        content = b"".join(chunks)
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
        return Answer(int(told[0][:3]), {n.lower(): v for n, v in told[1]}, content)

    def get(self, path: str, query: Mapping[str, str], **headers: str) -> Answer:
        """Send a GET."""
        return self.call("GET", path, query=query, **headers)

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        """Send a form."""
        return self.call("POST", path, form, **headers)


@contextmanager
def in_process(demo: Demo) -> Iterator[InProcess]:
    """Build the provider of a running demo in this process."""
    foundation = prepare(read_settings({"IDP_DATA": str(demo.data)}))
    try:
        yield InProcess(create_app(build_provider(foundation)), demo.issuer)
    finally:
        foundation.database.dispose()
