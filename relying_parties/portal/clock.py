"""The time, read in one place: UTC for machines, Asia/Tokyo for dates people see."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")


class Clock(Protocol):
    """What the portal asks of a clock."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...


@dataclass(frozen=True)
class SystemClock:
    """The machine's clock, moved by the seconds written in a file (demo only)."""

    offset_file: Path | None = None

    def now(self) -> datetime:
        """Return the time in UTC; the offset file is read at each call."""
        return datetime.now(UTC) + timedelta(seconds=self._offset())

    def _offset(self) -> float:
        # A file that is missing, being rewritten, or absurd counts as "not moved".
        if self.offset_file is not None:
            with contextlib.suppress(OSError, ValueError):
                offset = float(self.offset_file.read_text("utf-8").strip() or 0)
                if abs(offset) < 10**10:
                    return offset
        return 0.0


def seconds(clock: Clock) -> int:
    """Return the time as whole seconds since 1970 (NumericDate, RFC 7519 2)."""
    return int(clock.now().timestamp())


def today(clock: Clock) -> date:
    """Return the date in Asia/Tokyo."""
    return clock.now().astimezone(TOKYO).date()


def tokyo_time(at: int) -> datetime:
    """Return seconds since 1970 as a time in Asia/Tokyo."""
    return datetime.fromtimestamp(at, TOKYO)
