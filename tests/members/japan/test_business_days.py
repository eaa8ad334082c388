"""Business days in weeks that are known: Golden Week, silver week, お盆, 年末年始."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.members.japan.business_days import (
    business_days_after,
    is_business_day,
    next_year_end_refund,
    year_end_refund,
)
from idp.policy.folder import read_folder
from idp.policy.membership import Closing

CALENDAR = read_folder(Path(__file__).parents[3] / "policies").policy.calendar
DAYS = st.dates(date(2017, 8, 15), date(2090, 1, 1))


@pytest.mark.parametrize(
    ("came_in", "due"),
    [
        (date(2026, 11, 9), date(2026, 11, 12)),  # a plain Monday: Thursday
        (date(2026, 11, 12), date(2026, 11, 17)),  # over a weekend
        (date(2026, 11, 14), date(2026, 11, 18)),  # came in on a Saturday
        (date(2026, 5, 1), date(2026, 5, 11)),  # Golden Week: 3 to 6 May, 6 May a substitute
        (date(2026, 9, 18), date(2026, 9, 28)),  # 21, 22 (between two holidays) and 23 September
        (date(2026, 8, 10), date(2026, 8, 18)),  # 11 August, then お盆 13 to 16
        (date(2026, 8, 14), date(2026, 8, 19)),  # came in while closed
        (date(2026, 12, 28), date(2027, 1, 6)),  # 年末年始 29 December to 3 January
        (date(2026, 12, 31), date(2027, 1, 6)),
        (date(2019, 4, 26), date(2019, 5, 9)),  # the ten days of the change of era
    ],
)
def test_three_business_days_later(came_in: date, due: date) -> None:
    assert business_days_after(came_in, 3, CALENDAR) == due


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (date(2027, 1, 4), True),
        (date(2027, 1, 1), False),
        (date(2026, 12, 29), False),
        (date(2026, 12, 28), True),
        (date(2027, 3, 22), False),  # substitute for the equinox on Sunday the 21st
        (date(2026, 2, 23), False),  # the Emperor's birthday since 2020
        (date(2018, 12, 24), False),  # substitute for the birthday of the Emperor before
        (date(2024, 2, 29), True),
    ],
)
def test_whether_the_office_works(day: date, open_: bool) -> None:
    assert is_business_day(day, CALENDAR) is open_


@given(DAYS, st.integers(1, 10))
def test_exactly_so_many_business_days_lie_between(day: date, count: int) -> None:
    due = business_days_after(day, count, CALENDAR)
    between = [day + timedelta(days=n) for n in range(1, (due - day).days + 1)]
    assert sum(is_business_day(one, CALENDAR) for one in between) == count
    assert is_business_day(due, CALENDAR)


@given(DAYS)
def test_no_closing_touches_a_day_that_counts(day: date) -> None:
    shut = msgspec.structs.replace(CALENDAR, closings=(Closing("いつも", "01-01", "12-30"),))
    if is_business_day(day, shut):
        assert (day.month, day.day) == (12, 31)


def test_year_end_retirements_are_refunded_on_the_last_of_july() -> None:
    assert year_end_refund(2027, CALENDAR) == date(2027, 7, 31)  # a Saturday
    moved = msgspec.structs.replace(CALENDAR, year_end_refund_last_business_day=True)
    assert year_end_refund(2027, moved) == date(2027, 7, 30)
    assert year_end_refund(2026, moved) == date(2026, 7, 31)


@pytest.mark.parametrize(
    ("accepted", "refund"),
    [
        (date(2027, 3, 10), date(2027, 7, 31)),
        (date(2027, 7, 30), date(2027, 7, 31)),
        (date(2027, 7, 31), date(2028, 7, 31)),
        (date(2026, 12, 1), date(2027, 7, 31)),
    ],
)
def test_the_next_refund_comes_after_the_acceptance(accepted: date, refund: date) -> None:
    assert next_year_end_refund(accepted, CALENDAR) == refund
