"""Charts of the room, each with its table: what began when, and the attack weather; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from idp.block_room.words import GROUPS
from idp.clock import TOKYO, from_micros
from idp.policy.limit_rules import OF_STAFF
from idp.policy.model import LimitName
from idp.weather.model import MINUTE, Minute
from idp.web import charts
from idp.web.i18n import mark as _
from idp.web.i18n import translate
from idp.web.organisation import Language

EPOCH = date(1970, 1, 1)
BARS = 60
_ADDRESSES = (LimitName.FAILURES_PER_ADDRESS, LimitName.FAILURES_PER_NETWORK)
NAMES = (_("成功"), _("誤り"), _("制限による拒否"), _("メールの申し込み"))
BLOCKS_TITLE = _("始まった制限の件数（日ごと）")
BLOCKS_ABOUT = _(
    "この14日間に始まった制限の件数を、日ごとに、何に対するものかを分けて並べています。"
)
DAY = _("日")
WEATHER_TITLE = _("ログインの試行と攻撃のようす")
WEATHER_ABOUT = _(
    "ログインの成功、誤り、制限による拒否、メールの申し込みの回数を、時刻の順に並べています。"
    "時刻は日本時間です。"
)
TIME, LEFT_OUT = _("時刻（日本時間）"), _("何もなかった時刻は、省いています。")


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart as HTML: the picture, what its shades mean, the same numbers as a table."""

    title: str
    picture: str
    legend: str
    table: str
    empty: bool


def blocks_by_day(
    found: Sequence[tuple[int, LimitName | None, int]], today: date, days: int, language: Language
) -> Chart:
    """Draw what began on the last days; days are counted from the epoch."""
    last = (today - EPOCH).days
    counted: Counter[tuple[int, int]] = Counter()
    for day, rule, count in found:
        counted[_group(rule), day] += count
    shown = range(last - days + 1, last + 1)
    labels = [f"{EPOCH + timedelta(days=day):%m-%d}" for day in shown]
    series = [
        charts.Series(translate(name, language), [counted[group, day] for day in shown])
        for group, name in enumerate(GROUPS)
    ]
    return _chart(BLOCKS_TITLE, BLOCKS_ABOUT, BLOCKS_TITLE, DAY, labels, series, language)


def weather(minutes: Mapping[int, Minute], first: int, last: int, language: Language) -> Chart:
    """Draw what happened between two minutes, so many of them to a bar that about 60 show it."""
    size = max(1, -(-(last - first + 1) // BARS))
    steps = {step: Minute() for step in range(first // size, last // size + 1)}
    for minute, one in minutes.items():
        into = steps.get(minute // size)
        if into is not None:
            into.right += one.right
            into.wrong += one.wrong
            into.refused += one.refused
            into.mails += one.mails
    labels = [f"{from_micros(s * size * MINUTE).astimezone(TOKYO):%m-%d %H:%M}" for s in steps]
    rows = list(steps.values())
    values = (
        [one.right for one in rows],
        [one.wrong for one in rows],
        [one.refused for one in rows],
        [one.mails for one in rows],
    )
    series = [
        charts.Series(translate(name, language), numbers)
        for name, numbers in zip(NAMES, values, strict=True)
    ]
    return _chart(WEATHER_TITLE, WEATHER_ABOUT, LEFT_OUT, TIME, labels, series, language)


def _chart(
    title: str,
    about: str,
    caption: str,
    corner: str,
    labels: list[str],
    series: list[charts.Series],
    language: Language,
) -> Chart:
    say = {one: translate(one, language) for one in (title, about, caption, corner)}
    return Chart(
        say[title],
        charts.bars(say[title], say[about], labels, series),
        charts.legend(series),
        charts.table(say[caption], say[corner], labels, series),
        empty=not any(sum(one.values) for one in series),
    )


def _group(rule: LimitName | None) -> int:
    if rule is None:
        return 3
    if rule in _ADDRESSES:
        return 2
    return 1 if rule in OF_STAFF else 0
