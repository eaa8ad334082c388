"""Dates as they stand in Japanese forms and exports, read into `datetime.date`.

Read: 1950-04-01, 1950/4/1, 1950.4.1, 19500401, 1950年4月1日, and the eras from Meiji on in long and
short forms (昭和25年4月1日, S25.4.1, 令和元年5月1日), in any width, a time of midnight ignored.
Not guessed: spreadsheet serial numbers, years of two digits, days of the old calendar.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from idp.members.errors import BadDate

# Japan took the Gregorian calendar on Meiji 6, January 1st; earlier era dates mean other days.
GREGORIAN_FROM: Final = date(1873, 1, 1)
FIRST_YEAR: Final = 1868
# What Excel shows for an empty cell or a zero.
_EMPTY_CELLS: Final = {(1899, 12, 30), (1899, 12, 31), (1900, 1, 0), (1900, 1, 1)}


@dataclass(frozen=True, slots=True)
class _Era:
    name: str
    first: date
    last: date | None


# The day on which Taisho and Showa began belongs to both eras: papers of that day show either.
_ERAS: Final = (
    _Era("明治", date(1868, 1, 25), date(1912, 7, 30)),
    _Era("大正", date(1912, 7, 30), date(1926, 12, 25)),
    _Era("昭和", date(1926, 12, 25), date(1989, 1, 7)),
    _Era("平成", date(1989, 1, 8), date(2019, 4, 30)),
    _Era("令和", date(2019, 5, 1), None),
)
_BY_SIGN: Final = {
    sign: era
    for era, letter in zip(_ERAS, "MTSHR", strict=True)
    for sign in (era.name, era.name[0], letter)
}

_SEPARATOR: Final = r"\s*[-/.年月\u2010-\u2015\u2212\u30fc]\s*"
_DAY: Final = (
    rf"(?P<month>\d{{1,2}}){_SEPARATOR}(?P<day>\d{{1,2}})\s*日?"
    r"(?:[ T]+0{1,2}:00(?::00(?:\.0+)?)?)?"
)
_WESTERN: Final = re.compile(rf"(?P<year>\d{{4}}){_SEPARATOR}{_DAY}", re.ASCII)
_COMPACT: Final = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)", re.ASCII)
_IN_ERA: Final = re.compile(
    rf"(?P<era>{'|'.join(_BY_SIGN)})\s*\.?\s*(?P<year>元|\d{{1,2}}){_SEPARATOR}{_DAY}",
    re.ASCII | re.IGNORECASE,
)
_MAX_LENGTH: Final = 40


def parse_date(text: str) -> date:
    """Read a date. Raises BadDate, whose detail names the day that does not exist."""
    if len(text) > _MAX_LENGTH:
        raise BadDate("the date is too long")
    typed = unicodedata.normalize("NFKC", text).strip()
    found = _WESTERN.fullmatch(typed) or _COMPACT.fullmatch(typed)
    if found:
        return _western(int(found["year"]), int(found["month"]), int(found["day"]))
    found = _IN_ERA.fullmatch(typed)
    if found:
        year = 1 if found["year"] == "元" else int(found["year"])
        return _in_era(_BY_SIGN[found["era"].upper()], year, int(found["month"]), int(found["day"]))
    raise BadDate(_why_unreadable(typed))


def _western(year: int, month: int, day: int) -> date:
    if (year, month, day) in _EMPTY_CELLS:
        raise BadDate(f"{year}-{month:02}-{day:02} is what Excel writes for an empty cell")
    if year < FIRST_YEAR:
        raise BadDate(f"the year {year} is before {FIRST_YEAR}")
    try:
        return date(year, month, day)
    except ValueError:
        raise BadDate(f"{year}-{month:02}-{day:02} does not exist") from None


def _in_era(era: _Era, year: int, month: int, day: int) -> date:
    written = _written(era, year, month, day)
    try:
        if year == 0:
            raise ValueError
        found = date(era.first.year + year - 1, month, day)
    except ValueError:
        raise BadDate(f"{written} does not exist") from None
    if found < era.first:
        raise BadDate(f"{written} does not exist: {era.name} began on {era.first}")
    if found < GREGORIAN_FROM:
        raise BadDate(f"{written} is a day of the calendar used before 1873; give the western date")
    if era.last is not None and found > era.last:
        raise BadDate(
            f"{written} does not exist: {era.name} ended on {era.last}; that day is {_name(found)}"
        )
    return found


def _name(day: date) -> str:
    era = next(era for era in reversed(_ERAS) if era.first <= day)
    return _written(era, day.year - era.first.year + 1, day.month, day.day)


def _written(era: _Era, year: int, month: int, day: int) -> str:
    return f"{era.name}{'元' if year == 1 else year}年{month}月{day}日"


def _why_unreadable(typed: str) -> str:
    if not typed:
        return "the date is empty"
    if re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", typed):
        day = date(1899, 12, 30) + timedelta(days=int(typed[:5]))
        return (
            f"{typed} is a spreadsheet's serial number (perhaps {day}), not a date; "
            "format the column as a date or as text"
        )
    if re.match(r"[0-9]{2}[-/.年]", typed):
        return "the year needs four digits, or an era in front"
    if "年" in typed or typed[0].upper() in _BY_SIGN:
        return "not a date of an era from 明治 on, as in 昭和25年4月1日 or S25.4.1"
    return "not a date as in 1950-04-01, 1950/4/1 or 昭和25年4月1日"
