"""Outgoing calls to the provider: certificates, names that DNS does not know, time limits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool

TIMEOUT = (2.0, 5.0)
"""Seconds to connect and between two reads."""


class ResolvingAdapter(HTTPAdapter):
    """Connects given host names to given addresses; certificates must carry the names."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        super().__init__(pool_connections=8, pool_maxsize=32)

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: Any,
        proxies: Any = None,  # noqa: ARG002 - requests' signature; no proxy is ever used
        cert: Any = None,
    ) -> HTTPConnectionPool:
        """Return a pool for the request's host, at the address it resolves to."""
        host, options = self.build_connection_pool_key_attributes(request, verify, cert)
        pool: dict[str, Any] = dict(options)
        name = host["host"]
        address = self._names.get(name, name)
        if address != name and host["scheme"] == "https":
            pool.update(server_hostname=name, assert_hostname=name)
        found: HTTPConnectionPool = self.poolmanager.connection_from_host(
            address, host["port"], host["scheme"], pool_kwargs=pool
        )
        return found

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send with the Host header of the URL, whatever address is dialled."""
        parts = urlsplit(request.url or "")
        if parts.hostname in self._names:
            # A copy: requests reads the header of its own request again for cookies.
            request = request.copy()
            request.headers["Host"] = parts.netloc
        return super().send(request, *args, **kwargs)


def plain_session(adapter: ResolvingAdapter, ca: Path | None) -> Session:
    """Return a session for calls that need no client authentication."""
    session = Session()
    prepare(session, adapter, ca)
    return session


def prepare(session: Session, adapter: ResolvingAdapter, ca: Path | None) -> None:
    """Set a session up: our adapter, our certificates, nothing from the environment."""
    session.trust_env = False  # a proxy variable or .netrc must not see client assertions
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.max_redirects = 0
    if ca is not None:
        session.verify = str(ca)
