"""HTTP over a plain socket: what no client library would send, and whatever comes back."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from tests.support.in_process import Answer

NOTHING = Answer(0, {}, b"")
"""The server closed the connection without an answer."""


def exchange(origin: str, request: bytes, seconds: float = 10.0, patience: float = 10.0) -> Answer:
    """Send bytes on a connection of their own; raises TimeoutError when nothing comes back.

    After `patience` seconds without an answer our half is closed: the server may have been waiting
    for more. Not before: a server may take a half that is closed for a client that has gone.
    """
    parts = urlsplit(origin)
    with socket.create_connection((parts.hostname, parts.port), timeout=seconds) as connection:
        with contextlib.suppress(OSError):  # refused while sending: the answer may be there
            connection.sendall(request)
        if not select.select([connection], [], [], patience)[0]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        try:
            method = request.split(b" ")[0].decode("latin-1")
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            body = response.read()
        except TimeoutError:
            raise
        except (http.client.HTTPException, OSError):
            return NOTHING
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, body)


def send(
    origin: str,
    method: str,
    path: str,
    form: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    **headers: str,
) -> Answer:
    """Send one request like `InProcess.call`; header values go as they are, in UTF-8."""
    body = urlencode(form or {}, errors="surrogatepass").encode("latin-1")
    asked = f"?{urlencode(query, errors='surrogatepass')}" if query else ""
    lines = {
        "Host": urlsplit(origin).netloc,
        "Connection": "close",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = f"{method} {path}{asked} HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    return exchange(origin, head.encode("utf-8", "surrogatepass") + body)
