"""Alerts that were raised, and what was found about the clocks; two files, two chapters."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from audit.names import EventName
from idp.evidence.document import (
    Chapter,
    Facts,
    Table,
    Text,
    duration,
    moment,
    number,
    over_time,
    table,
    text,
)
from idp.evidence.model import Figures, text_of
from idp.evidence.source import Source, read_line

FILE, CLOCK_FILE = "alerts.json", "clock.json"
CONTROLS, CLOCK_CONTROLS = ("8.15", "8.16"), ("8.17",)
CLOCK = "clock_offset"
_SAID = {
    "sealing_lag": "封印の遅れ",
    "log_gap": "記録の欠け",
    CLOCK: "時計のずれ",
    "look_ups": "多数の組合員の閲覧",
    "large_export": "大量の書き出し",
    "attack": "攻撃",
    "canary": "見張りの試みが記録されない",
}


def figures(source: Source) -> Figures:
    """Gather the alerts."""
    ended = {
        read_line(one)["data"].get("alert"): one.at for one in source.events(EventName.ALERT_ENDED)
    }
    raised = []
    for one in source.events(EventName.ALERT_RAISED):
        data = read_line(one)["data"]
        raised.append(
            {
                "at": text_of(one.at),
                "kind": data.get("kind"),
                "about": _about(data, source),
                "count": data.get("count"),
                "ended_at": text_of(ended.get(data.get("alert"))),
                "event": one.id,
            }
        )
    raised.sort(key=lambda one: (str(one["at"]), str(one["event"])))
    rules = source.in_force.area("alerts") if source.in_force else {}
    return {
        "raised": raised,
        "by_kind": {kind: sum(one["kind"] == kind for one in raised) for kind in _SAID},
        "rules": {name: value for name, value in sorted(rules.items()) if name != "recipients"},
        "recipients": len(rules.get("recipients", [])),
    }


def _about(data: Figures, source: Source) -> str:
    """Tell what an alert is about: an actor, an attack; a member is never named."""
    about = str(data.get("about") or "")
    kind, _, who = about.partition(":")
    return f"{kind}: {source.who(who)}" if kind in ("staff", "operator") and who else about


def clock_figures(source: Source) -> Figures:
    """Gather what was found about the clocks."""
    steps = [
        {
            "at": text_of(one.at),
            "seconds": (read_line(one).get("data") or {}).get("seconds"),
            "event": one.id,
        }
        for one in source.events(EventName.CLOCK_STEPPED)
    ]
    offsets = []
    for one in source.events(EventName.ALERT_RAISED, containing=f'"kind":"{CLOCK}"'):
        data = read_line(one)["data"]
        offsets.append(
            {
                "at": text_of(one.at),
                "about": data.get("about"),
                "count": data.get("count"),
                "event": one.id,
            }
        )
    rules = source.in_force.area("alerts") if source.in_force else {}
    return {
        "went_back": steps,
        "offset_alerts": offsets,
        "tolerated": rules.get("clock_offset"),
    }


def chapter(found: Figures, source: Source) -> Chapter:
    """Write the chapter of the alerts."""
    by_day: Counter[int] = source.sums.days(EventName.ALERT_RAISED)
    return Chapter(
        "警報",
        FILE,
        CONTROLS,
        (
            Text("記録と時計を見張り、異常があれば記録し、定めた宛先に知らせます。"),
            table(
                "種類ごとの警報",
                ("種類", "件数"),
                (
                    (f"{said}（{kind}）", number(found["by_kind"][kind]))
                    for kind, said in _SAID.items()
                ),
                (5, 2),
                (1,),
            ),
            *over_time("警報の件数", source.period, (("警報", dict(by_day)),)),
            _list(found),
            Facts(
                "見張りの規則（期間の終わりに有効な値）",
                (
                    ("知らせる宛先の数", number(found["recipients"])),
                    *((name, text(value)) for name, value in found["rules"].items()),
                ),
            ),
        ),
    )


def _lasted(one: Figures) -> int | None:
    if one["ended_at"] is None:
        return None
    length = datetime.fromisoformat(one["ended_at"]) - datetime.fromisoformat(one["at"])
    return int(length.total_seconds()) * 1000


def clock_chapter(found: Figures, source: Source) -> Chapter:  # noqa: ARG001 - as every chapter
    """Write the chapter of the clocks."""
    return Chapter(
        "時計",
        CLOCK_FILE,
        CLOCK_CONTROLS,
        (
            Text(
                "時刻は協定世界時で記録されます。サーバーの時計とデータベースの時計の差を見張り、"
                "許容を超えれば警報となります。時計が戻ると記録に残り、検証点の時刻は戻りません。"
            ),
            Facts(
                "概要",
                (
                    ("許容するずれ", text(found["tolerated"])),
                    ("時計の戻り", number(len(found["went_back"]))),
                    ("ずれの警報", number(len(found["offset_alerts"]))),
                ),
            ),
            table(
                "時計の戻り",
                ("日時", "秒", "出来事のID"),
                (
                    (moment(one["at"]), number(one["seconds"]), one["event"])
                    for one in found["went_back"]
                ),
                (4, 2, 7),
                (1,),
            ),
            table(
                "ずれの警報",
                ("日時", "何の時計", "秒または回数", "出来事のID"),
                (
                    (moment(one["at"]), text(one["about"]), number(one["count"]), one["event"])
                    for one in found["offset_alerts"]
                ),
                (4, 3, 3, 7),
                (2,),
            ),
        ),
    )


def _list(found: Figures) -> Table:
    return table(
        "警報の一覧",
        ("日時", "種類", "何について", "数", "終わり", "続いた時間"),
        (
            (
                moment(one["at"]),
                _SAID.get(one["kind"], text(one["kind"])),
                text(one["about"]),
                number(one["count"]),
                moment(one["ended_at"]),
                duration(_lasted(one)),
            )
            for one in found["raised"]
        ),
        (5, 4, 6, 2, 5, 3),
        (3, 5),
    )
