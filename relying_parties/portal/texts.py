"""The words of the pages: Japanese first, English complete, from `texts.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("ja", "en")
_WEEKDAYS: Final = "月火水木金土日"
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True)
class Texts:
    """All texts by key and language; a key or language that is missing is a KeyError."""

    entries: Mapping[str, Mapping[str, str]]

    def get(self, key: str, language: str, **values: object) -> str:
        """Return a text with its values put in."""
        return self.entries[key][language].format(**values)


def load_texts() -> Texts:
    """Read the texts of this package; every one must have every language."""
    document = tomllib.loads(
        files(__package__ or "").joinpath("texts.toml").read_text("utf-8"),
    )
    entries: dict[str, Mapping[str, str]] = {}
    for section, texts in document.items():
        for name, text in texts.items():
            if tuple(text) != LANGUAGES:
                raise ValueError(f"texts.toml: {section}.{name} needs ja and en")
            entries[f"{section}.{name}"] = text
    return Texts(entries)


def write_date(day: date, language: str) -> str:
    """Write a date as people read it: 2026年7月31日（金） or 31 July 2026."""
    if language == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日（{_WEEKDAYS[day.weekday()]}）"


def write_short_date(day: date, language: str) -> str:
    """Write a day of the year for a narrow column."""
    if language == "en":
        return f"{day.day} {_MONTHS[day.month - 1][:3]}"
    return f"{day.month}月{day.day}日"


def write_time(at: datetime, language: str) -> str:
    """Write a date with hours and minutes."""
    return f"{write_date(at.date(), language)} {at.hour}:{at.minute:02d}"


def month_name(month: int) -> str:
    """Return the English name of a month."""
    return _MONTHS[month - 1]
