"""Periods as people write them; a period begins and ends at 00:00 in Japan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from idp.clock import start_of
from idp.errors import IdpError
from idp.members.errors import BadDate
from idp.members.japan.dates import parse_date

_YEAR = re.compile(r"(\d{4})", re.ASCII)
_QUARTER = re.compile(r"(\d{4})-?[Qq]([1-4])", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_FISCAL = re.compile(r"(?:[Ff][Yy](\d{4})|(\d{4})年度)", re.ASCII)
_DAY = timedelta(days=1)
FIRST, LAST = 2000, 2200


class BadPeriod(IdpError):
    """A period that cannot be read, or that has not begun; the detail says what to write."""

    code = "bad_period"
    status = 400


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both included, in Japan."""

    name: str
    first: date
    last: date

    @property
    def begin(self) -> datetime:
        """Tell the instant at which it begins."""
        return start_of(self.first)

    @property
    def end(self) -> datetime:
        """Tell the first instant after it."""
        return start_of(self.last + _DAY)

    @property
    def days(self) -> int:
        """Count its days."""
        return (self.last - self.first).days + 1


def parse_period(text: str, today: date) -> Period:
    """Read `2026`, `2026-Q3`, `2026-07`, `FY2026` (April to March) or `2026-07-01..2026-08-15`.

    Raises `BadPeriod`, also for one that begins after today.
    """
    period = _parse(text.strip())
    if not FIRST <= period.first.year <= period.last.year <= LAST:
        raise BadPeriod(f"a period lies between the years {FIRST} and {LAST}")
    if period.last < period.first:
        raise BadPeriod("the period ends before it begins")
    if period.first > today:
        raise BadPeriod(f"{period.name} has not begun yet")
    return period


def _parse(text: str) -> Period:
    if match := _YEAR.fullmatch(text):
        return _months(text, int(match[1]), 1, 12)
    if match := _FISCAL.fullmatch(text):
        year = int(match[1] or match[2])
        return _months(f"FY{year}", year, 4, 12)
    if match := _QUARTER.fullmatch(text):
        year, quarter = int(match[1]), int(match[2])
        return _months(f"{year}-Q{quarter}", year, 3 * quarter - 2, 3)
    if (match := _MONTH.fullmatch(text)) and 1 <= int(match[2]) <= 12:
        return _months(text, int(match[1]), int(match[2]), 1)
    first, dots, last = text.partition("..")
    if dots:
        try:
            begin, end = parse_date(first), parse_date(last)
        except BadDate as error:
            raise BadPeriod(error.detail) from error
        return Period(f"{begin.isoformat()}..{end.isoformat()}", begin, end)
    raise BadPeriod(
        f"{text[:40]!a} is no period; write 2026-Q3, 2026-07, 2026, FY2026 (April to March)"
        " or 2026-07-01..2026-08-15"
    )


def _months(name: str, year: int, month: int, count: int) -> Period:
    if not FIRST <= year <= LAST:
        raise BadPeriod(f"a period lies between the years {FIRST} and {LAST}")
    behind = month - 1 + count
    after = date(year + behind // 12, behind % 12 + 1, 1)
    return Period(name, date(year, month, 1), after - _DAY)
