"""What will become of a key, and not before when; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from keys.record import KeyRecord, KeyState
from keys.ring import RotationRules


@dataclass(frozen=True, slots=True)
class Ahead:
    """The present state of a key, since when, and the next step of the plan."""

    since: datetime | None
    next: str | None
    """`activate`, `retire` (its successor starts), `unpublish`; None for a retired one."""
    not_before: datetime | None


def ahead_of(record: KeyRecord, rules: RotationRules) -> Ahead:
    """Tell what the plan does with a key next."""
    since = {
        KeyState.ANNOUNCED: record.announced_at,
        KeyState.ACTIVE: record.activated_at,
        KeyState.RETIRING: record.retiring_at,
        KeyState.RETIRED: record.retired_at,
    }[record.state]
    following = {
        KeyState.ANNOUNCED: ("activate", rules.announce_for),
        KeyState.ACTIVE: ("retire", rules.active_for),
        KeyState.RETIRING: ("unpublish", rules.retire_after),
    }.get(record.state)
    if following is None or since is None:
        return Ahead(since, None, None)
    return Ahead(since, following[0], since + following[1])
