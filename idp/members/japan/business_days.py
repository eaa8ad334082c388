"""Business days (営業日): Monday to Friday without national holidays and the co-op's closings.

National holidays, substitute ones included, come from the `holidays` package, which knows the years
1949 to 2099; the closings (年末年始, お盆) and the plan for year-end retirements are policy
(`calendar.toml`). Dates are days in Japan; no clock is read here.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

import holidays

from idp.policy.membership import Calendar, Closing

ONE_DAY = timedelta(days=1)
SATURDAY = 5


def is_business_day(day: date, calendar: Calendar) -> bool:
    """Tell whether the office works on a day."""
    if day.weekday() >= SATURDAY or day in _national_holidays(day.year):
        return False
    return not any(_is_closed(closing, day) for closing in calendar.closings)


def business_days_after(day: date, count: int, calendar: Calendar) -> date:
    """Tell the `count`-th business day after a day; the day itself is never counted."""
    days = _days_from(day + ONE_DAY, ONE_DAY)
    return next(
        found
        for number, found in enumerate((d for d in days if is_business_day(d, calendar)), 1)
        if number == count
    )


def year_end_refund(year: int, calendar: Calendar) -> date:
    """Tell when the capital of a year's retirements is refunded: the policy's day.

    Where the policy asks for it, the last business day up to that day.
    """
    month, day_of_month = map(int, calendar.year_end_refund_on.split("-"))
    day = date(year, month, day_of_month)
    if not calendar.year_end_refund_last_business_day:
        return day
    return next(d for d in _days_from(day, -ONE_DAY) if is_business_day(d, calendar))


def next_year_end_refund(accepted_on: date, calendar: Calendar) -> date:
    """Tell the first year-end refund after the day on which a withdrawal was accepted."""
    this_year = year_end_refund(accepted_on.year, calendar)
    if this_year > accepted_on:
        return this_year
    return year_end_refund(accepted_on.year + 1, calendar)


def _days_from(day: date, step: timedelta) -> Iterator[date]:
    while True:
        yield day
        day += step


def _is_closed(closing: Closing, day: date) -> bool:
    """Compare by month and day; a closing may run over the end of the year."""
    here = f"{day.month:02}-{day.day:02}"
    if closing.first <= closing.last:
        return closing.first <= here <= closing.last
    return here >= closing.first or here <= closing.last


@lru_cache(maxsize=256)
def _national_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("JP", years=year))
