"""A real HTTPS server of somebody else, with a certificate of a CA made for the test."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from demo.certificates import make_certificates

Act = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """Where it listens, what it answers on each path, and what was asked."""

    url: str
    port: int
    ca: Path
    answers: dict[str, Act] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def allowed(self) -> str:
        """The entry of IDP_OUTGOING_ALLOW that lets it be called."""
        return f"https://127.0.0.1/32:{self.port}"

    def serve_json(self, path: str, content: Any, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.answers[path] = lambda handler: reply(handler, body, **headers)


def reply(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """Answer with a body; header names are written with underscores."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    if "Content_Length" not in headers and "Transfer_Encoding" not in headers:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def https_server(folder: Path, names: tuple[str, ...] = ("127.0.0.1",)) -> Iterator[Server]:
    """Serve on a free loopback port until the end of the block."""
    ca, certificate, key = make_certificates(folder, names)
    kept = Server("", 0, ca)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.close_connection = True
            kept.asked.append(self.path)
            kept.headers.append(dict(self.headers))
            act = kept.answers.get(self.path)
            try:
                if act is None:
                    reply(self, b"", 404)
                else:
                    act(self)
            except OSError:
                return  # the caller hung up, as it should

        do_POST = do_GET  # noqa: N815  the names of the library

        def log_message(self, format: str, *args: object) -> None:
            """Keep the terminal quiet."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A caller that does not trust us hangs up in the middle: that is tested elsewhere."""

    server = Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    # The handshake belongs to the connection's thread, not to the one that accepts.
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    kept.port = server.server_port
    kept.url = f"https://127.0.0.1:{kept.port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
