"""Which addresses may be called: public ones over https, and what the operator allows beyond.

Public means: reachable by everyone. An IPv6 form that carries an IPv4 address (mapped, NAT64) is
judged by that address; tunnels (6to4, Teredo) are refused, since their end cannot be known. A name
that answers with public and inner addresses at once is refused as a whole: it is a trap, not a
server (DNS rebinding).
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from functools import cached_property
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

Address = IPv4Address | IPv6Address

DEFAULT_PORTS: Final = {"https": 443, "http": 80}
LOWEST_ODD_PORT: Final = 1024
MOST_ADDRESSES: Final = 8
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
# Public by number, inside by use: the platform address of a cloud, relays of tunnels.
_INSIDE: Final = (
    IPv4Network("168.63.129.16/32"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
)
# A resolver that hangs keeps its thread; so many may hang before further calls are refused.
_RESOLVERS: Final = threading.BoundedSemaphore(16)


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
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError(f"{text}: the port must be 1 to 65535")
        return cls(scheme, str(ip_network(network.strip("[]"), strict=False)), int(port))

    def covers(self, scheme: str, address: Address, port: int) -> bool:
        """Tell whether the entry allows this destination."""
        same = scheme == self.scheme and port == self.port
        return same and address in self._parsed

    @cached_property
    def _parsed(self) -> IPv4Network | IPv6Network:
        return ip_network(self.network)


def is_public(address: Address) -> bool:
    """Tell whether everyone can reach this address, so that a call tells nothing new to anybody."""
    address = embedded(address)
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    if any(address in network for network in _INSIDE):
        return False
    return address.is_global and not address.is_multicast


def embedded(address: Address) -> Address:
    """Give the IPv4 address that an IPv6 form stands for (RFC 4291 2.5.5.2, RFC 6052 2.1)."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def addresses_of(
    allow: tuple[Allowed, ...], scheme: str, host: str, port: int, seconds: float
) -> tuple[str, ...]:
    """Resolve a host to what may be called, in the order to try; raises `OutgoingRefused`."""
    found = list(dict.fromkeys(_resolve(host, port, seconds)))[:MOST_ADDRESSES]
    named = [a for a in found if any(e.covers(scheme, embedded(a), port) for e in allow)]
    if named:
        return tuple(map(str, named))
    usual = port == DEFAULT_PORTS["https"] or port >= LOWEST_ODD_PORT
    if scheme == "https" and usual and found and all(is_public(address) for address in found):
        return tuple(map(str, found))
    raise OutgoingRefused("the address may not be called")


def _resolve(host: str, port: int, seconds: float) -> list[Address]:
    """Ask the resolver, at most so long: it knows no time limit of its own."""
    if not _RESOLVERS.acquire(blocking=False):
        raise OutgoingRefused("the resolver is busy")
    answers: list[Address] = []
    done = threading.Event()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.extend(ip_address(str(info[4][0]).partition("%")[0]) for info in found)
        except (OSError, ValueError):
            answers.clear()  # no such name, or none at all (a label of 64 characters, an IDN slip)
        finally:
            _RESOLVERS.release()
            done.set()

    threading.Thread(target=ask, daemon=True, name="resolve").start()
    if not done.wait(seconds):
        raise OutgoingRefused("the name does not resolve in time")
    if not answers:
        raise OutgoingRefused("the name does not resolve")
    return answers
