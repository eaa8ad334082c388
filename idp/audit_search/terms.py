"""Terms: keyed hashes of what an event line holds and its columns do not.

HMAC-SHA-256 (RFC 2104) cut to 64 bits, the lowest three of which say the kind. Two texts may meet
in one term; a search looks into every event it finds, so that costs time, never a wrong answer.
Without the key nobody who holds a dump can try all addresses.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from idp.audit_search.places import Place, networks_of, read_address

KIND_BITS = 7


class Kind(IntEnum):
    """What a term stands for."""

    ADDRESS = 0
    NETWORK = 1
    ACTOR = 2
    SESSION = 3
    CASE = 4
    MEMBER = 5


PERSONAL = (Kind.ADDRESS, Kind.NETWORK, Kind.MEMBER)
"""What goes when the person does."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Makes terms under one key."""

    key: bytes = field(repr=False)

    def of(self, kind: Kind, text: str) -> int:
        """Give the term of a text, as a signed 64-bit number."""
        digest = hmac.digest(self.key, b"%d:%b" % (kind, text.encode()), "sha256")
        return int.from_bytes(digest[:8], "big", signed=True) & ~KIND_BITS | kind

    def of_place(self, place: Place) -> int:
        """Give the term of an address or a network."""
        return self.of(Kind.NETWORK if place.is_network else Kind.ADDRESS, place.text)

    def of_address(self, text: str | None) -> Iterator[int]:
        """Give the terms of an event's address; none for what is no address."""
        address = read_address(text or "")
        if address is not None:
            yield self.of(Kind.ADDRESS, str(address))
            for network in networks_of(address):
                yield self.of(Kind.NETWORK, network)

    def personal(self, event: Mapping[str, Any]) -> list[int]:
        """Give the terms of an opened event that are made from personal values."""
        made = list(self.of_address((event.get("source") or {}).get("address")))
        number = (event.get("data") or {}).get("member")
        if isinstance(number, str):
            made.append(self.of(Kind.MEMBER, number))
        return made

    def of_event(self, event: Mapping[str, Any]) -> list[int]:
        """Give all terms of an event that is opened: values of erased persons are null in it.

        Nothing is kept for an actor who is the subject: the column says it.
        """
        made = self.personal(event)
        actor = event["actor"].get("id")
        if isinstance(actor, str) and actor != event.get("subject"):
            made.append(self.of(Kind.ACTOR, actor))
        for kind, member in ((Kind.SESSION, "session"), (Kind.CASE, "case")):
            if isinstance(event.get(member), str):
                made.append(self.of(kind, event[member]))
        return made
