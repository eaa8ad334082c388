"""What the report is made of: chapters of paragraphs, facts, tables and charts; pure.

Figures are written here as people read them. How they look on paper is `idp.evidence.drawing`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from idp.clock import TOKYO
from idp.evidence.period import Period

NOTHING = "—"
DAILY_UP_TO, WEEKLY_UP_TO = 45, 200
"""Days of a period that charts show one by one, and week by week; longer ones by month."""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and their values, two columns."""

    title: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head that is repeated on every page."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    """In proportion to each other."""
    numbers: frozenset[int] = frozenset()
    """Columns that stand to the right."""
    when_empty: str = "この期間には、ありませんでした。"


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers of a chart."""

    name: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Stacked columns over time; its table stands below it."""

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """Lying bars, one per name, each with its number beside it."""

    title: str
    values: tuple[tuple[str, int], ...]


Part = Text | Facts | Table | Columns | Bars


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter: the figures of one JSON file."""

    title: str
    file: str
    controls: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands on the first page."""

    title: str
    organisation: str
    lines: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    made_at: datetime
    """The date in the file: that of the content, never of a clock."""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole document."""

    cover: Cover
    chapters: tuple[Chapter, ...] = field(default=())


def number(value: int | None) -> str:
    """Write a count."""
    return NOTHING if value is None else f"{value:,}"


def moment(text: str | None) -> str:
    """Write an instant of a JSON file in Japan time."""
    if text is None:
        return NOTHING
    at = datetime.fromisoformat(text).astimezone(TOKYO)
    return f"{at:%Y-%m-%d %H:%M:%S}"


def duration(milliseconds: int | None) -> str:
    """Write a length of time in its two greatest units."""
    if milliseconds is None:
        return NOTHING
    if milliseconds < 1000:
        return f"{milliseconds} ミリ秒" if milliseconds else "0 秒"
    seconds = milliseconds // 1000
    steps = (("日", 86_400), ("時間", 3_600), ("分", 60), ("秒", 1))
    parts: list[str] = []
    for unit, size in steps:
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append(f"{count} {unit}")
        if len(parts) == 2:
            break
    return " ".join(parts)


def text(value: Any) -> str:
    """Write any other value."""
    if isinstance(value, list):
        return "、".join(str(one) for one in value) or NOTHING
    return NOTHING if value in (None, "") else str(value)


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    widths: Sequence[int],
    numbers: Iterable[int] = (),
    when_empty: str = "この期間には、ありませんでした。",
) -> Table:
    """Make a table."""
    listed = tuple(tuple(row) for row in rows)
    return Table(
        title, tuple(columns), listed, tuple(widths), frozenset(numbers), when_empty=when_empty
    )


def over_time(
    title: str, period: Period, series: Sequence[tuple[str, dict[int, int]]], corner: str = "期間"
) -> tuple[Columns, Table]:
    """Make a chart of counts by day (days since the epoch), and its table.

    Long periods are shown by week or by month.
    """
    labels, bucket_of = _buckets(period)
    summed = []
    for name, by_day in series:
        values = [0] * len(labels)
        for day, count in by_day.items():
            at = bucket_of.get(day)
            if at is not None:
                values[at] += count
        summed.append(Series(name, tuple(values)))
    rows = [
        (label, *(number(one.values[at]) for one in summed))
        for at, label in enumerate(labels)
        if any(one.values[at] for one in summed)
    ]
    total = ("合計", *(number(sum(one.values)) for one in summed))
    widths = (3, *(2 for _ in summed))
    shown = table(
        f"{title}（表）",
        (corner, *(one.name for one in summed)),
        [*rows, total],
        widths,
        range(1, len(summed) + 1),
    )
    return Columns(title, tuple(labels), tuple(summed)), shown


def _buckets(period: Period) -> tuple[list[str], dict[int, int]]:
    epoch = datetime(1970, 1, 1).date()  # noqa: DTZ001 - a date, not an instant
    labels: list[str] = []
    bucket_of: dict[int, int] = {}
    for offset in range(period.days):
        day = period.first + timedelta(days=offset)
        if period.days <= DAILY_UP_TO:
            label = f"{day:%m/%d}"
        elif period.days <= WEEKLY_UP_TO:
            label = f"{period.first + timedelta(days=offset // 7 * 7):%m/%d}〜"
        else:
            label = f"{day:%Y-%m}"
        if not labels or labels[-1] != label:
            labels.append(label)
        bucket_of[(day - epoch).days] = len(labels) - 1
    return labels, bucket_of
