"""Network addresses as they are searched for: one address, or one of the networks kept as terms."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from idp.errors import IdpError

LENGTHS = {4: (24,), 6: (64, 48)}
"""Prefixes that are kept: what one line, or one house, gets from its provider."""


class BadPlace(IdpError):
    """A text that is neither an address nor a network that can be searched for."""

    code = "bad_request"
    status = 400


@dataclass(frozen=True, slots=True)
class Place:
    """An address or a network, in its one spelling."""

    text: str
    is_network: bool

    def holds(self, address: str | None) -> bool:
        """Tell whether an event's address is this one, or lies in this network."""
        found = read_address(address or "")
        if found is None:
            return False
        return self.text in networks_of(found) if self.is_network else self.text == str(found)


def parse_place(text: str) -> Place:
    """Read `203.0.113.7`, `203.0.113.0/24`, `2001:db8::7` or `2001:db8::/64`; raises `BadPlace`."""
    typed = text.strip()
    if "/" not in typed:
        found = read_address(typed)
        if found is None:
            raise BadPlace(f"{typed[:60]!a} is not a network address, as in 203.0.113.7")
        return Place(str(found), is_network=False)
    try:
        network = ip_network(typed, strict=False)
    except ValueError:
        raise BadPlace(f"{typed[:60]!a} is not a network, as in 203.0.113.0/24") from None
    if network.prefixlen == network.max_prefixlen:
        return Place(str(network.network_address), is_network=False)
    if network.prefixlen not in LENGTHS[network.version]:
        known = " or ".join(f"/{length}" for length in LENGTHS[network.version])
        raise BadPlace(f"networks of IPv{network.version} are searched as {known}")
    return Place(str(network), is_network=True)


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address; None for anything else. An IPv4 address written as IPv6 is the former."""
    if len(text) > 45 or "%" in text:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def networks_of(address: IPv4Address | IPv6Address) -> tuple[str, ...]:
    """Name the networks under which an address is kept."""
    if isinstance(address, IPv4Address):
        return tuple(str(IPv4Network((address, n), strict=False)) for n in LENGTHS[4])
    return tuple(str(IPv6Network((address, n), strict=False)) for n in LENGTHS[6])
