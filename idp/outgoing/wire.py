"""One HTTP exchange on a pinned address, ended by a clock whatever the other side does.

A time limit per read lets a server drip one byte at a time for ever; here a timer shuts the socket
down when the time of the whole call is over. Headers are bounded by `http.client`, bodies by the
caller.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from types import TracebackType
from typing import Final

from idp.outgoing.addresses import OutgoingRefused

USER_AGENT: Final = "kumiai-id"


@dataclass(frozen=True)
class Target:
    """Where a call goes: the name that the certificate must show, and the pinned addresses."""

    host: str
    port: int
    authority: str
    addresses: tuple[str, ...]
    tls: ssl.SSLContext | None


class Deadline:
    """The end of one call, on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds
        self._timer: threading.Timer | None = None
        self._passed = False

    def __enter__(self) -> Deadline:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def remaining(self) -> float:
        """Give the seconds left; raises `OutgoingRefused` when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise OutgoingRefused(self._too_late())
        return left

    def check(self) -> None:
        """Raise `OutgoingRefused` when the call was cut off."""
        if self._passed:
            raise OutgoingRefused(self._too_late())

    def guard(self, connected: socket.socket) -> None:
        """Shut this socket down when the time is over."""

        def cut() -> None:
            self._passed = True
            with suppress(OSError):
                # The method of the plain socket: that of TLS would first speak to the other side.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

        self._timer = threading.Timer(self.remaining(), cut)
        self._timer.daemon = True
        self._timer.start()

    def why(self, error: Exception) -> str:
        """Say in constant words why a call failed: nothing of the other side enters a record."""
        if self._passed or isinstance(error, TimeoutError):
            return self._too_late()
        if isinstance(error, ssl.SSLCertVerificationError):
            return "the certificate is not trusted"
        if isinstance(error, ssl.SSLError):
            return "TLS failed"
        if isinstance(error, ConnectionRefusedError):
            return "nobody listens there"
        return f"the call failed ({type(error).__name__})"

    def _too_late(self) -> str:
        return f"no answer within {self._seconds:g} s"


@contextmanager
def exchange(
    deadline: Deadline,
    target: Target,
    method: str,
    path: str,
    body: bytes | None,
    headers: Mapping[str, str],
) -> Iterator[HTTPResponse]:
    """Send one request and give the response, its body still to be read.

    Raises OSError, `http.client.HTTPException`, ValueError.
    """
    connected = _connect(deadline, target)
    try:
        deadline.guard(connected)
        if isinstance(connected, ssl.SSLSocket):
            connected.do_handshake()
        connection = HTTPConnection(target.host, target.port)
        connection.auto_open = 0  # never another connection than the pinned one
        connection.sock = connected
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        own = {"Host": target.authority, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        length = {"Content-Length": str(len(body))} if body is not None else {}
        for name, value in {**own, **length, "Connection": "close", **headers}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        with connection.getresponse() as answer:
            yield answer
    finally:
        connected.close()


def _connect(deadline: Deadline, target: Target) -> socket.socket:
    failure: OSError = OSError("no address")
    for address in target.addresses:
        try:
            # Two seconds per address: one that swallows packets leaves time for the next.
            patience = min(2.0, deadline.remaining()) if len(target.addresses) > 1 else None
            plain = socket.create_connection(
                (address, target.port), patience or deadline.remaining()
            )
        except OSError as error:
            failure = error
            continue
        plain.settimeout(deadline.remaining())
        if target.tls is None:
            return plain
        try:
            return target.tls.wrap_socket(
                plain, server_hostname=target.host, do_handshake_on_connect=False
            )
        except BaseException:
            plain.close()
            raise
    raise failure
