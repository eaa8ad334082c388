"""Where an act came from, as its event tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an act came from: the caller's address, browser and request."""

    address: str | None = None
    device: str | None = None
    request_id: str | None = None


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind an act of the staff, for its event: whence, in which session, upon what.

    `data` goes into the event's data (the reason, the approval); it replaces nothing the act says.
    """

    origin: Origin = NOWHERE
    session: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


NOBODY = Behind()
"""A command, or the program itself: the actor says all there is to say."""
