"""Periods as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from idp.evidence.period import BadPeriod, parse_period

TODAY = date(2031, 8, 10)


@pytest.mark.parametrize(
    ("typed", "name", "first", "last"),
    [
        ("2031-Q2", "2031-Q2", date(2031, 4, 1), date(2031, 6, 30)),
        ("2030Q4", "2030-Q4", date(2030, 10, 1), date(2030, 12, 31)),
        (" 2028-02 ", "2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2030", "2030", date(2030, 1, 1), date(2030, 12, 31)),
        ("FY2030", "FY2030", date(2030, 4, 1), date(2031, 3, 31)),
        ("2031年度", "FY2031", date(2031, 4, 1), date(2032, 3, 31)),
        (
            "2031-07-01..2031-08-15",
            "2031-07-01..2031-08-15",
            date(2031, 7, 1),
            date(2031, 8, 15),
        ),
        (
            "令和13年7月1日..2031/7/1",
            "2031-07-01..2031-07-01",
            date(2031, 7, 1),
            date(2031, 7, 1),
        ),
    ],
)
def test_a_period_has_a_first_and_a_last_day(
    typed: str, name: str, first: date, last: date
) -> None:
    found = parse_period(typed, TODAY)
    assert (found.name, found.first, found.last) == (name, first, last)


def test_it_begins_and_ends_at_midnight_in_japan() -> None:
    found = parse_period("2031-Q2", TODAY)
    assert found.begin == datetime(2031, 3, 31, 15, tzinfo=UTC)
    assert found.end == datetime(2031, 6, 30, 15, tzinfo=UTC)
    assert found.days == 91


@pytest.mark.parametrize(
    "typed",
    [
        "", "last year", "2031-13", "2031-00", "2031-Q5", "2031-Q0", "Q2", "0000", "9999-12",
        "2031-08-15..2031-07-01", "2031-07-01..", "..", "２０３１", "2031-07-01...2031-07-02",
        "2032", "2031-09", "FY9999", "2031-Q2\n2031", "FY２０３０",
    ],
)  # fmt: skip
def test_what_is_no_period_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(BadPeriod) as refused:
        parse_period(typed, TODAY)
    assert refused.value.detail
