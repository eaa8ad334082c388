"""Moments in Tokyo, and the demo's clock put there."""

from __future__ import annotations

import time
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.support.demo import Demo

TOKYO = ZoneInfo("Asia/Tokyo")


def tokyo(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Name a moment by the clocks of Tokyo."""
    return datetime(year, month, day, hour, minute, tzinfo=TOKYO)


def offset_to(moment: datetime) -> float:
    """Tell by how many seconds a clock has to be moved to show this moment now."""
    return moment.timestamp() - time.time()


def begin_at(clock: Path, moment: datetime) -> None:
    """Write the clock of a demo that has not started yet."""
    clock.write_text(str(offset_to(moment)))


def go_to(demo: Demo, moment: datetime) -> None:
    """Put every program of the demo at this moment; its clock runs on from there."""
    demo.move_clock(offset_to(moment))


def written(day: date) -> str:
    """Write a day as pages do: 2026年7月31日（金）."""
    return f"{day.year}年{day.month}月{day.day}日（{'月火水木金土日'[day.weekday()]}）"
