"""Statements: months, dates, amounts."""

from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from relying_parties.portal.statements import (
    FIRST,
    Month,
    is_readable,
    parse_month,
    readable_months,
    statement,
)


def test_the_first_claim() -> None:
    assert (FIRST.opened_on, FIRST.closed_on) == (date(2017, 7, 21), date(2017, 8, 20))
    assert readable_months(date(2017, 9, 14)) == []
    assert readable_months(date(2017, 9, 15)) == [FIRST]
    assert not is_readable(Month(2017, 8), date(2030, 1, 1))


@given(st.dates(date(2017, 9, 15), date(2100, 1, 1)))
def test_months_are_without_gap_and_none_is_early(today: date) -> None:
    months = readable_months(today)
    assert months[-1] == FIRST
    assert all(newer.before() == older for newer, older in pairwise(months))
    assert all(month.readable_on <= today for month in months)
    following = months[0].month % 12 + 1
    newest = Month(months[0].year + (following == 1), following)
    assert not is_readable(newest, today)


@given(st.text(max_size=12), st.integers(2017, 2100), st.integers(1, 12))
def test_amounts_follow_from_number_and_month(number: str, year: int, month: int) -> None:
    found = statement(number, Month(year, month))
    assert found == statement(number, Month(year, month))
    assert found.total == sum(line.yen for line in found.lines) > 0
    assert all(isinstance(line.yen, int) and line.yen > 0 for line in found.lines)
    period = (found.month.opened_on, found.month.closed_on)
    assert all(period[0] <= line.on <= period[1] for line in found.lines)


def test_two_members_have_two_statements() -> None:
    month = Month(2024, 5)
    assert statement("0000001", month) != statement("0000002", month)
    assert statement("0012345", month).lines == statement("0012345", month).lines


@given(st.text(max_size=8))
def test_months_are_parsed_or_refused(text: str) -> None:
    found = parse_month(text)
    assert found is None or str(found) == text
