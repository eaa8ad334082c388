"""The seal on one event: its place in the tree, its leaf, and the first checkpoint over it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.audit_room import store
from idp.clock import from_micros
from idp.storage.sql import Tx


@dataclass(frozen=True, slots=True)
class Seal:
    """What proves an event."""

    seq: int
    leaf: str
    size: int
    """Of the first checkpoint that covers it."""
    signed_at: datetime
    checkpoint: str


def seal_of(tx: Tx, event_id: str) -> Seal | None:
    """Find the seal on an event; None while it waits for the sealer."""
    row = store.seal_of(tx, event_id)
    return Seal(row[0], row[1], row[2], from_micros(row[3]), row[4]) if row else None
