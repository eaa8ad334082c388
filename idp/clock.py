"""Time: UTC instants and Asia/Tokyo dates; the one place that knows the zone.

A date ends at 24:00 in Tokyo. Services receive a `Clock`; rules receive the instant or the date.
Durable times are whole microseconds since the Unix epoch (`to_micros`).
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def system_now() -> datetime:
    """Read the machine's clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """The time as the program sees it; `now` can be moved in the demo and in tests."""

    source: Callable[[], datetime] = system_now

    def now(self) -> datetime:
        """Tell the present instant in UTC."""
        return self.source()

    def today(self) -> date:
        """Tell the present date in Asia/Tokyo."""
        return date_in_tokyo(self.source())


def clock_from_file(path: Path) -> Clock:
    """Make a clock that adds the offset in seconds written in `path`, read at each use.

    A missing, empty or half-written file counts as the last offset that could be read.
    """
    last = [timedelta(0)]

    def moved() -> datetime:
        # A file that is just being rewritten is read again at the next use.
        with suppress(OSError, ValueError, OverflowError):
            last[0] = timedelta(seconds=float(path.read_text().strip() or 0))
        return system_now() + last[0]

    return Clock(moved)


def date_in_tokyo(moment: datetime) -> date:
    """Tell the calendar date of an instant in Asia/Tokyo."""
    return moment.astimezone(TOKYO).date()


def start_of(day: date) -> datetime:
    """Tell the instant at which a date begins in Asia/Tokyo, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=TOKYO).astimezone(UTC)


def to_micros(moment: datetime) -> int:
    """Express an aware instant as whole microseconds since the epoch."""
    return (moment - EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    """Read an instant back from whole microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=value)


def to_seconds(moment: datetime) -> int:
    """Express an instant as whole seconds since the epoch (RFC 7519 NumericDate)."""
    return to_micros(moment) // 1_000_000
