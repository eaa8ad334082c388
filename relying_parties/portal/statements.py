"""Statements (請求明細): which months there are, and what stands in them. All fictional.

The claim of a month closes on the 20th of the month before and can be read from the 15th on.
The first is September 2017, closed on 20 August 2017, readable since 15 September 2017.
Amounts are whole yen and follow from member number and month alone.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final

LATEST: Final = 24
_CLOSING_DAY, _READABLE_DAY = 20, 15


@dataclass(frozen=True, order=True)
class Month:
    """The month of a claim."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def before(self) -> "Month":
        """Return the month before."""
        return Month(self.year - 1, 12) if self.month == 1 else Month(self.year, self.month - 1)

    @property
    def closed_on(self) -> date:
        """Return the last day of purchases in this claim."""
        earlier = self.before()
        return date(earlier.year, earlier.month, _CLOSING_DAY)

    @property
    def opened_on(self) -> date:
        """Return the first day of purchases in this claim."""
        earlier = self.before().before()
        return date(earlier.year, earlier.month, _CLOSING_DAY + 1)

    @property
    def readable_on(self) -> date:
        """Return the day from which the statement is shown."""
        return date(self.year, self.month, _READABLE_DAY)


FIRST: Final = Month(2017, 9)


@dataclass(frozen=True)
class Line:
    """One line: the day, what (a key of the texts), whole yen."""

    on: date
    item: str
    yen: int


@dataclass(frozen=True)
class Statement:
    """The statement of one month."""

    month: Month
    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        """Return the sum in whole yen."""
        return sum(line.yen for line in self.lines)


# item, lowest and highest amount in steps of ten yen, chance in percent
_GOODS: Final = (
    ("daily", 39, 420, 85),
    ("daily", 52, 360, 40),
    ("food", 120, 980, 75),
    ("books", 66, 385, 60),
    ("stationery", 22, 240, 35),
    ("clothing", 198, 1280, 20),
    ("appliance", 880, 3980, 6),
)


def parse_month(value: str) -> Month | None:
    """Parse `YYYY-MM`; None when it is not a month."""
    year, dash, month = value.partition("-")
    plain = value.isascii() and year.isdigit() and month.isdigit() and bool(dash)
    if not plain or len(year) != 4 or len(month) != 2 or not 1 <= int(month) <= 12:
        return None
    return Month(int(year), int(month))


def is_readable(month: Month, today: date) -> bool:
    """Tell whether a statement exists and may be read on that day (Asia/Tokyo)."""
    return month >= FIRST and month.readable_on <= today


def readable_months(today: date) -> list[Month]:
    """Return all readable months, newest first."""
    month = Month(today.year, today.month)
    months: list[Month] = []
    while month >= FIRST:
        if is_readable(month, today):
            months.append(month)
        month = month.before()
    return months


def statement(member_number: str, month: Month) -> Statement:
    """Return the fictional statement of a member for a month."""
    days = (month.closed_on - month.opened_on).days + 1
    lines = [
        Line(
            month.opened_on + timedelta(_draw(member_number, month, f"day {place}") % days),
            item,
            10 * (low + _draw(member_number, month, f"yen {place}") % (high - low + 1)),
        )
        for place, (item, low, high, chance) in enumerate(_GOODS)
        if _draw(member_number, month, f"buys {place}") % 100 < chance
    ]
    # The premium is the same every month.
    premium = 1000 + 500 * (_draw(member_number, None, "premium") % 9)
    lines.append(Line(month.closed_on, "mutual_aid", premium))
    return Statement(month, tuple(sorted(lines, key=lambda line: (line.on, line.item))))


def _draw(member_number: str, month: Month | None, what: str) -> int:
    seed = f"{member_number}\n{month or ''}\n{what}".encode("utf-8", "surrogatepass")
    return int.from_bytes(sha256(seed).digest()[:8], "big")
