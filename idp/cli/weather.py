"""`idp block weather`: what the recorded attempts of the last hours look like."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any

import click

from idp.cli.output import format_option, foundation, say
from idp.clock import TOKYO, from_micros
from idp.weather import store
from idp.weather.model import MINUTE, Attack, Minute, Weather
from idp.weather.service import WeatherWatch
from idp.web import charts
from idp.web.i18n import japan_moment, translate
from idp.web.i18n import mark as _
from idp.web.organisation import Language

KINDS = {
    Attack.SINGLE_TARGET.value: _("ひとつのアカウントへの集中した試行"),
    Attack.SPRAY.value: _("ひとつの接続元から、多数のアカウントへの試行"),
    Attack.STUFFING.value: _("多数の接続元から、多数のアカウントへの試行"),
    Attack.MAIL_BOMBING.value: _("メールの大量送信"),
}
TITLE = _("ログインの試行と攻撃のようす")
ABOUT = _(
    "ログインの成功、誤り、制限による拒否、メールの申し込みの回数を、時刻の順に並べています。"
    "時刻は日本時間です。"
)
ATTACKS, NONE = _("見つかった攻撃"), _("この時間には、見つかっていません。")
OPEN = _("%(kind)s：%(attempts)s回（%(started)sから、続いています）")
ENDED = _("%(kind)s：%(attempts)s回（%(started)sから%(ended)sまで）")
CHART, TABLE = _("回数の移り変わり"), _("回数の表")
LEFT_OUT, CORNER = _("何もなかった時刻は、省いています。"), _("時刻（日本時間）")
NAMES = (_("成功"), _("誤り"), _("制限による拒否"), _("メールの申し込み"))


@click.command(epilog="Example: idp block weather --hours 6 --out weather.html")
@click.option("--hours", default=3, show_default=True, type=click.IntRange(1, 24 * 31))
@click.option("--out", type=click.Path(path_type=Path), help="A page with chart and table.")
@click.option("--language", type=click.Choice(["ja", "en"]), default="ja", show_default=True)
@format_option
def weather(hours: int, out: Path | None, language: Language, form: str) -> None:
    """Show sign-ins, failures and refusals of the last hours, and the attacks among them."""
    f = foundation()
    now = f.clock.now()
    begin = now - timedelta(hours=hours)
    drawn = WeatherWatch(f.database, f.clock, f.journal).over(begin, now)
    with f.database.read() as tx:
        attacks = store.since(tx, drawn.begin)
    labels, rows = _steps(drawn, hours)
    if out is not None:
        out.write_text(_page(labels, rows, attacks, language), "utf-8")
    content = {
        "from": begin,
        "to": now,
        "now": [_shown(one) for one in drawn.recognised],
        "attacks": [_row(one) for one in attacks],
        "steps": [
            {
                "at": label,
                "right": m.right,
                "wrong": m.wrong,
                "refused": m.refused,
                "mails": m.mails,
            }
            for label, m in zip(labels, rows, strict=True)
        ],
    }
    say(content, _text(content, language), form)


def _steps(drawn: Weather, hours: int) -> tuple[list[str], list[Minute]]:
    """Put minutes together so that about 60 bars show the whole period."""
    size = max(1, hours)
    first, last = drawn.begin // MINUTE // size, drawn.end // MINUTE // size
    steps = {step: Minute() for step in range(first, last + 1)}
    for minute, found in drawn.minutes.items():
        into = steps.get(minute // size)
        if into is not None:
            into.right += found.right
            into.wrong += found.wrong
            into.refused += found.refused
            into.mails += found.mails
    labels = [f"{from_micros(s * size * MINUTE).astimezone(TOKYO):%m-%d %H:%M}" for s in steps]
    return labels, list(steps.values())


def _page(
    labels: list[str], rows: list[Minute], attacks: list[store.Row], language: Language
) -> str:
    names = [translate(name, language) for name in NAMES]
    series = [
        charts.Series(names[0], [m.right for m in rows]),
        charts.Series(names[1], [m.wrong for m in rows]),
        charts.Series(names[2], [m.refused for m in rows]),
        charts.Series(names[3], [m.mails for m in rows]),
    ]
    say = {one: translate(one, language) for one in (TITLE, ABOUT, ATTACKS, NONE, CHART, TABLE)}
    listed = "".join(f"<li>{escape(_line(one, language))}</li>" for one in attacks)
    chart = charts.bars(say[TITLE], say[ABOUT], labels, series)
    table = charts.table(translate(LEFT_OUT, language), translate(CORNER, language), labels, series)
    body = (
        f"<h1>{say[TITLE]}</h1><p>{say[ABOUT]}</p>"
        f"<h2>{say[ATTACKS]}</h2>{f'<ul>{listed}</ul>' if listed else f'<p>{say[NONE]}</p>'}"
        f"<h2>{say[CHART]}</h2>{charts.legend(series)}{chart}"
        f"<h2>{say[TABLE]}</h2>{charts.wide(say[TABLE], table)}"
    )
    return charts.document(language, say[TITLE], body)


def _line(one: store.Row, language: Language) -> str:
    values = {
        "kind": translate(KINDS[one.kind], language),
        "attempts": one.attempts,
        "started": japan_moment(from_micros(one.started_at), language),
    }
    if one.ended_at is None:
        return translate(OPEN, language) % values
    values["ended"] = japan_moment(from_micros(one.ended_at), language)
    return translate(ENDED, language) % values


def _shown(one: Any) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "subject": one.subject,
        "attempts": one.attempts,
        "targets": one.targets,
        "sources": one.sources,
        "right": one.right,
    }


def _row(one: store.Row) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "subject": one.subject,
        "attempts": one.attempts,
        "started_at": from_micros(one.started_at),
        "ended_at": from_micros(one.ended_at) if one.ended_at else None,
    }


def _text(content: dict[str, Any], language: Language) -> str:
    steps = content["steps"]
    totals = {
        name: sum(step[name] for step in steps) for name in ("right", "wrong", "refused", "mails")
    }
    lines = [" ".join(f"{name}={count}" for name, count in totals.items())]
    lines += [
        f"{translate(KINDS[one['kind']], language)}: {one['attempts']} attempts,"
        f" {one['targets']} targets, {one['sources']} sources, {one['right']} right"
        for one in content["now"]
    ]
    return "\n".join(lines if content["now"] else [*lines, "no attack goes on now"])
