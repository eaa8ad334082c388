"""The caller's address, and the buckets it counts in.

`X-Forwarded-For` is believed only as far as trusted proxies wrote it, read from the right; other
forwarding headers are never read. The server folds `X_Forwarded_For` into the same WSGI key, so
the proxy has to drop names with underscores (nginx does so by default).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from flask import Request

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_HOPS = 32
UNKNOWN = IPv6Address("::")  # all peers without an address (a Unix socket) share one bucket


@dataclass(frozen=True)
class Caller:
    """Where a request came from; `buckets` are the keys that limits count under."""

    address: str
    buckets: tuple[str, ...]


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Parse the trusted networks of the settings; raises ValueError naming the bad one."""
    return tuple(ip_network(text) for text in texts)


def caller_of(request: Request, trusted: tuple[Network, ...]) -> Caller:
    """Tell who sent this request."""
    forwarded = request.headers.getlist("X-Forwarded-For")
    address = caller_address(request.remote_addr, forwarded, trusted)
    return Caller(str(address), bucket_keys(address))


def caller_address(
    remote_addr: str | None, forwarded: Sequence[str], trusted: tuple[Network, ...]
) -> Address:
    """Tell the nearest address that is not a trusted proxy.

    An entry that is not an address, or a repeated header, makes the peer the caller: never the
    entry before it, which the caller may have written (CVE-2024-47070).
    """
    peer = _parse(remote_addr or "") or UNKNOWN
    if len(forwarded) != 1 or not _is_trusted(peer, trusted):
        return peer
    rest: str | None = forwarded[0]
    nearest = peer
    for _ in range(MAX_HOPS):
        if rest is None:
            return nearest
        before, comma, last = rest.rpartition(",")
        hop = _parse(last.strip())
        if hop is None:
            return peer
        if not _is_trusted(hop, trusted):
            return hop
        nearest, rest = hop, before if comma else None
    return peer


def bucket_keys(address: Address) -> tuple[str, ...]:
    """Name the networks an address counts in: IPv4 /32; IPv6 /64 and /56."""
    if isinstance(address, IPv4Address):
        return (f"{address}/32",)
    return tuple(str(IPv6Network((address, length), strict=False)) for length in (64, 56))


def networks_of(text: str) -> tuple[str, ...]:
    """Name the networks of an address as it stands in an event; none for what is no address."""
    address = _parse(text)
    return bucket_keys(address) if address is not None else ()


def _is_trusted(address: Address, trusted: tuple[Network, ...]) -> bool:
    return any(address in network for network in trusted)


def _parse(text: str) -> Address | None:
    if len(text) > 45 or "%" in text:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
