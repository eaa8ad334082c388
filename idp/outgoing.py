"""The one guarded door for calls to others: back-channel logout, later `jwks_uri`.

https to public addresses only, unless `IDP_OUTGOING_ALLOW` names more; the address is pinned after
resolution (so DNS cannot answer twice), no redirects are followed, 5 s, 64 kB. Server-side request
forgery is what this prevents (CVE-2020-10770, CVE-2026-1180).
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import urllib3

MAX_ANSWER = 64 * 1024
DEFAULT_PORTS = {"https": 443, "http": 80}
Address = IPv4Address | IPv6Address


class OutgoingRefused(Exception):
    """The call may not be made, or did not succeed; the text is fit for a record."""


@dataclass(frozen=True)
class Allowed:
    """One entry of `IDP_OUTGOING_ALLOW`: `scheme://cidr:port`."""

    scheme: str
    network: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Allowed:
        """Read an entry; raises ValueError."""
        scheme, _, rest = text.partition("://")
        network, _, port = rest.rpartition(":")
        if scheme not in DEFAULT_PORTS or not network:
            raise ValueError(f"{text}: write scheme://network:port")
        return cls(scheme, str(ip_network(network.strip("[]"), strict=False)), int(port))

    def covers(self, scheme: str, address: Address, port: int) -> bool:
        """Tell whether the entry allows this destination."""
        same = scheme == self.scheme and port == self.port
        return same and address in ip_network(self.network)


@dataclass(frozen=True)
class Outgoing:
    """Makes guarded calls. `resolve` pins public names of a demo to its own address."""

    allow: tuple[Allowed, ...] = ()
    ca: Path | None = None
    resolve: tuple[tuple[str, str], ...] = ()
    timeout: float = 5.0

    def post_form(self, url: str, fields: dict[str, str]) -> int:
        """POST a form; answers the status. Raises `OutgoingRefused`."""
        parts = urlsplit(url)
        host, scheme = parts.hostname, parts.scheme
        if scheme not in DEFAULT_PORTS or not host or "@" in parts.netloc:
            raise OutgoingRefused("not a web address")
        port = parts.port or DEFAULT_PORTS[scheme]
        address = self._address(scheme, host, port)
        path = parts.path or "/"
        target = f"{path}?{parts.query}" if parts.query else path
        try:
            with self._pool(scheme, host, str(address), port) as pool:
                answer = pool.urlopen(
                    "POST",
                    target,
                    body=urlencode(fields),
                    headers={
                        "Host": parts.netloc,
                        "Content-Type": "application/x-www-form-urlencoded",
                        "User-Agent": "kumiai-id",
                    },
                    redirect=False,
                    retries=False,
                    preload_content=False,
                )
                answer.read(MAX_ANSWER)
                answer.release_conn()
                return int(answer.status)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise OutgoingRefused(type(error).__name__) from error

    def _address(self, scheme: str, host: str, port: int) -> Address:
        named = dict(self.resolve).get(host)
        try:
            found = socket.getaddrinfo(named or host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise OutgoingRefused("the name does not resolve") from error
        candidates = [ip_address(str(info[4][0]).partition("%")[0]) for info in found]
        for address in candidates:
            if self._may_reach(scheme, _unmapped(address), port):
                return address
        raise OutgoingRefused("the address may not be called")

    def _may_reach(self, scheme: str, address: Address, port: int) -> bool:
        if any(entry.covers(scheme, address, port) for entry in self.allow):
            return True
        return scheme == "https" and address.is_global and not address.is_multicast

    def _pool(self, scheme: str, host: str, address: str, port: int) -> urllib3.HTTPConnectionPool:
        timeout = urllib3.Timeout(total=self.timeout)
        if scheme == "http":
            return urllib3.HTTPConnectionPool(address, port, timeout=timeout, maxsize=1)
        context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        return urllib3.HTTPSConnectionPool(
            address,
            port,
            timeout=timeout,
            maxsize=1,
            ssl_context=context,
            server_hostname=host,
            assert_hostname=host,
        )


def _unmapped(address: Address) -> Address:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
