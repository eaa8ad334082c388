"""Where a period lies in the log, and the arithmetic of its figures; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Figures = dict[str, Any]
"""What stands in one JSON file: strings, integers, booleans, null, lists and objects of them."""
SLOWEST_SHOWN = 20
STEPS = (
    ("under_1s", 1_000),
    ("under_1min", 60_000),
    ("under_1h", 3_600_000),
    ("under_24h", 86_400_000),
)
LONGER = "longer"


@dataclass(frozen=True, slots=True)
class Extent:
    """A period in the log: instants in microseconds, positions and seqs of its events."""

    begin: int
    end: int
    low: int
    """Positions of its first and last event whose body is there; 0 and 0 when there is none."""
    high: int
    bodies: int
    """Events whose bodies are there."""
    from_seq: int
    to_seq: int
    """Its leaves lie in [from_seq, to_seq)."""
    leaves: int
    purged: int
    unsealed: int

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing of it can be read."""
        return self.bodies == 0


@dataclass(frozen=True, slots=True)
class Delay:
    """How long one ending took, in microseconds, and by which event it can be looked up."""

    micros: int
    event: str
    decided_at: datetime


def spread(delays: Sequence[Delay]) -> Figures:
    """Give median, p95 and greatest (nearest rank) in milliseconds, and the slowest."""
    ordered = sorted(delays, key=lambda one: (one.micros, one.event))
    values = [one.micros // 1000 for one in ordered]
    slow = [one for one in reversed(ordered) if one.micros > 0][:SLOWEST_SHOWN]
    return {
        "count": len(values),
        "median_ms": rank(values, 50),
        "p95_ms": rank(values, 95),
        "max_ms": rank(values, 100),
        "distribution": _distribution(values),
        "slowest": [
            {"event": one.event, "decided_at": text_of(one.decided_at), "ms": one.micros // 1000}
            for one in slow
        ],
    }


def _distribution(values: Sequence[int]) -> dict[str, int]:
    counts = dict.fromkeys([*(name for name, _ in STEPS), LONGER], 0)
    for value in values:
        counts[next((name for name, most in STEPS if value < most), LONGER)] += 1
    return counts


def rank(ordered: Sequence[int], percent: int) -> int | None:
    """Give the nearest-rank percentile of ascending values; None of none."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def text_of(moment: datetime | None) -> str | None:
    """Write an instant as the log does; None stays None."""
    if moment is None:
        return None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
