"""Dates of Japanese forms: every way of writing, every era edge, every refusal with its words."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.members.errors import BadDate
from idp.members.japan.dates import parse_date

FULL_WIDTH = str.maketrans("0123456789/-.", "０１２３４５６７８９／－．")
WORKING_LIVES = st.dates(date(1873, 1, 1), date(2150, 12, 31))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1950-04-01", date(1950, 4, 1)),
        ("2026/7/31", date(2026, 7, 31)),
        ("2026年7月31日", date(2026, 7, 31)),
        ("1950.4.1", date(1950, 4, 1)),
        ("19500401", date(1950, 4, 1)),
        ("1950/04/01 0:00:00", date(1950, 4, 1)),
        ("1950/04/01 0:00", date(1950, 4, 1)),
        ("　１９５０－０４－０１ ", date(1950, 4, 1)),
        ("1950−4−1", date(1950, 4, 1)),
        ("昭和25年4月1日", date(1950, 4, 1)),
        ("昭和 25年 4月 1日", date(1950, 4, 1)),
        ("昭和２５年４月１日", date(1950, 4, 1)),
        ("S25.4.1", date(1950, 4, 1)),
        ("s25/4/1", date(1950, 4, 1)),
        ("Ｓ２５．４．１", date(1950, 4, 1)),
        ("㍼25年4月1日", date(1950, 4, 1)),
        ("昭25.4.1", date(1950, 4, 1)),
        ("平成元年1月8日", date(1989, 1, 8)),
        ("H元.1.8", date(1989, 1, 8)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("R8.11.1", date(2026, 11, 1)),
        ("明治6年1月1日", date(1873, 1, 1)),
        ("M45.7.30", date(1912, 7, 30)),
        ("大正元年7月30日", date(1912, 7, 30)),
        ("大正15年12月25日", date(1926, 12, 25)),
        ("昭和元年12月25日", date(1926, 12, 25)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("1868-01-01", date(1868, 1, 1)),
        ("2024-02-29", date(2024, 2, 29)),
    ],
)
def test_reads_every_way_of_writing(text: str, day: date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("昭和64年2月1日", "昭和64年2月1日 does not exist: 昭和 ended on 1989-01-07; "
         "that day is 平成元年2月1日"),
        ("昭和64年1月8日", "that day is 平成元年1月8日"),
        ("平成31年5月1日", "that day is 令和元年5月1日"),
        ("平成元年1月7日", "平成元年1月7日 does not exist: 平成 began on 1989-01-08"),
        ("大正15年12月26日", "that day is 昭和元年12月26日"),
        ("明治45年7月31日", "that day is 大正元年7月31日"),
        ("昭和25年2月29日", "昭和25年2月29日 does not exist"),
        ("昭和0年1月1日", "昭和0年1月1日 does not exist"),
        ("S25.13.1", "昭和25年13月1日 does not exist"),
        ("明治5年12月2日", "the calendar used before 1873"),
        ("慶応3年1月1日", "era from 明治"),
        ("1867-12-31", "before 1868"),
        ("0000-01-01", "before 1868"),
        ("1900-02-29", "1900-02-29 does not exist"),
        ("2023-02-29", "2023-02-29 does not exist"),
        ("1899/12/30", "Excel"),
        ("1900/1/0", "Excel"),
        ("1900/1/1", "Excel"),
        ("18354", "serial number (perhaps 1950-04-01)"),
        ("45000.5", "serial number"),
        ("25/4/1", "four digits"),
        ("", "empty"),
        ("　", "empty"),
        ("yesterday", "not a date"),
        ("1950-04-01T12:00:00", "not a date"),
        ("1950-04-01\x00", "not a date"),
        ("\ud800", "not a date"),
        ("1" * 100_000, "too long"),
        ("᠑᠙᠕᠐-04-01", "not a date"),
    ],
)  # fmt: skip
def test_refuses_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(BadDate) as caught:
        parse_date(text)
    assert words in caught.value.detail


@given(WORKING_LIVES)
def test_all_western_forms_mean_the_same_day(day: date) -> None:
    y, m, d = day.year, day.month, day.day
    if day == date(1900, 1, 1):
        return
    forms = [
        day.isoformat(),
        f"{y}/{m}/{d}",
        f"{y}年{m}月{d}日",
        f"{y}{m:02}{d:02}",
        f"{y}.{m}.{d}",
    ]
    assert {parse_date(form) for form in forms} == {day}
    assert {parse_date(form.translate(FULL_WIDTH)) for form in forms} == {day}


@given(WORKING_LIVES)
def test_each_day_belongs_to_one_era_or_to_two_on_the_day_of_change(day: date) -> None:
    starts = {"明治": 1868, "大正": 1912, "昭和": 1926, "平成": 1989, "令和": 2019}
    accepted = []
    for era, first_year in starts.items():
        year = day.year - first_year + 1
        if not 1 <= year <= 99:
            continue
        try:
            assert parse_date(f"{era}{year}年{day.month}月{day.day}日") == day
        except BadDate:
            continue
        accepted.append(era)
    both = day in (date(1912, 7, 30), date(1926, 12, 25))
    assert len(accepted) == (2 if both else 1) or day > date(2117, 12, 31)


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_a_clear_refusal(text: str) -> None:
    try:
        outcome: date | str = parse_date(text)
    except BadDate as error:
        outcome = error.detail
    assert outcome
    assert isinstance(outcome, str) or outcome.year >= 1868
