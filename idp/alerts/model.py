"""What is alarming, as pure rules over what was counted; the policy gives the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idp.policy.model import Alerts


class AlertKind(StrEnum):
    """The closed set of alerts."""

    SEALING_LAG = "sealing_lag"
    LOG_GAP = "log_gap"
    CLOCK_OFFSET = "clock_offset"
    LOOK_UPS = "look_ups"
    LARGE_EXPORT = "large_export"
    ATTACK = "attack"
    CANARY = "canary"
    BREAK_GLASS = "break_glass"
    REVIEW_OVERDUE = "review_overdue"


@dataclass(frozen=True, slots=True)
class Alarming:
    """One thing that is alarming now. `key` tells two of a kind apart; `count` says how much."""

    kind: AlertKind
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody of the staff looked at a record, or took records away."""

    actor: str
    subject: str
    rows: int = 0


def not_reviewed(due: Iterable[tuple[str, datetime]], now: datetime) -> list[Alarming]:
    """Tell what was done by one in an emergency and nobody looked at; (id, when it is due)."""
    found = []
    for approval, until in due:
        found.append(Alarming(AlertKind.BREAK_GLASS, approval, 1))
        if now > until:
            found.append(Alarming(AlertKind.REVIEW_OVERDUE, approval, 1))
    return found


def too_late(lag_seconds: float, alarm_seconds: int) -> list[Alarming]:
    """Tell when events wait for their seal longer than the policy allows."""
    if lag_seconds <= alarm_seconds:
        return []
    return [Alarming(AlertKind.SEALING_LAG, "", int(lag_seconds))]


def torn(missing: int, size: int, checkpoint: int) -> list[Alarming]:
    """Tell when leaves, the sealer's position and the newest checkpoint do not agree."""
    if missing == 0 and size == checkpoint:
        return []
    return [Alarming(AlertKind.LOG_GAP, "", missing or abs(size - checkpoint))]


def off(offset_seconds: float, steps: int, rules: Alerts) -> list[Alarming]:
    """Tell when our clock and the database's differ, or the clock went back lately."""
    found = []
    if abs(offset_seconds) > rules.clock_offset.seconds:
        found.append(Alarming(AlertKind.CLOCK_OFFSET, "database", int(abs(offset_seconds))))
    if steps:
        found.append(Alarming(AlertKind.CLOCK_OFFSET, "stepped", steps))
    return found


def looked_at_too_many(looks: Iterable[Look], rules: Alerts) -> list[Alarming]:
    """Tell who looked at more different members in the hour than anybody's work needs."""
    seen = {(look.actor, look.subject) for look in looks if not look.rows}
    per_actor = Counter(actor for actor, _ in seen)
    return [
        Alarming(AlertKind.LOOK_UPS, actor, count)
        for actor, count in sorted(per_actor.items())
        if count > rules.look_ups_per_hour
    ]


def took_too_many(looks: Iterable[Look], rules: Alerts) -> list[Alarming]:
    """Tell who exported more rows in the hour than the policy lets pass unnoticed."""
    per_actor: Counter[str] = Counter()
    for look in looks:
        per_actor[look.actor] += look.rows
    return [
        Alarming(AlertKind.LARGE_EXPORT, actor, count)
        for actor, count in sorted(per_actor.items())
        if count > rules.export_rows
    ]
