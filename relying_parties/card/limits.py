"""Gentle limits per caller's address, against guessing and flooding.

In memory, since the card is one process; a restart forgets them, which is safe: a check code
has 60 bits and lives 60 s. Mobile carriers put many members behind one address, hence generous.
"""

import ipaddress
import math
import threading
from dataclasses import dataclass, field
from typing import Final

MAX_ADDRESSES: Final = 20_000
TINY: Final = 1e-9  # sums of floats


@dataclass
class Limit:
    """Lets `count` requests per minute through from one address (IPv6: one /64)."""

    count: int
    _full_at: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, address: str, now: float) -> int:
        """Count one request; 0 when it may pass, else the whole seconds to wait.

        `now` is a monotonic time in seconds.
        """
        network, cost = _network(address), 60.0 / self.count
        with self._lock:
            empty_at = max(self._full_at.pop(network, 0.0), now)
            over = empty_at + cost - now - 60.0
            if over <= TINY:
                empty_at += cost
            self._full_at[network] = empty_at
            if len(self._full_at) > MAX_ADDRESSES:
                del self._full_at[next(iter(self._full_at))]
        return max(1, math.ceil(over)) if over > TINY else 0


def _network(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "?"
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)


def caller_address(peer: str, forwarded_for: str, trusted: tuple[str, ...]) -> str:
    """Return the address a request came from.

    `X-Forwarded-For` counts only as far as trusted proxies wrote it: its last entry that is not
    itself a trusted proxy.
    """
    address = peer
    for entry in reversed(forwarded_for[:1000].split(",")):
        if address not in trusted or not entry.strip():
            break
        address = entry.strip()
    return address
