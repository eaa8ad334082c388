"""Where an act came from, as its event tells it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an act came from: the caller's address, browser and request."""

    address: str | None = None
    device: str | None = None
    request_id: str | None = None


NOWHERE = Origin()
