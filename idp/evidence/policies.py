"""Which policy was in force when, under which digest, and who activated it."""

from __future__ import annotations

from audit.names import EventName
from idp.evidence.document import Chapter, Facts, Table, Text, moment, number, table, text
from idp.evidence.model import Figures, text_of
from idp.evidence.source import Activation, Source, actor_of, read_line

FILE = "policies.json"
CONTROLS = ("5.15", "8.3", "8.9")
_CONFIGURED = (
    EventName.POLICY_REFUSED,
    EventName.CLIENT_ADDED,
    EventName.CLIENT_REMOVED,
    EventName.SCIM_TOKEN_ADDED,
    EventName.SCIM_TOKEN_ENDED,
    EventName.SYSTEM_STARTED,
    EventName.LIMIT_DEGRADED,
)


def figures(source: Source) -> Figures:
    """Gather them."""
    begin = source.period.begin
    before = source.policy_at(begin)
    recorded = {}
    for one in source.events(EventName.POLICY_ACTIVATED):
        event = read_line(one)
        recorded[event["data"]["number"]] = (one.id, *actor_of(event))
    return {
        "at_the_beginning": _about(before, None) if before else None,
        "activated": [
            _about(one, source.activations[at - 1] if at else None)
            | {"event": recorded.get(one.number, (None,))[0]}
            | {"actor_kind": recorded[one.number][1] if one.number in recorded else None}
            for at, one in enumerate(source.activations)
            if one.at > begin
        ],
        "at_the_end": _about(source.in_force, None) if source.in_force else None,
        "events": {name.value: source.sums.of(name) for name in _CONFIGURED},
        "started_on": _started(source),
    }


def _about(one: Activation, before: Activation | None) -> Figures:
    changed = sorted(
        area
        for area in {*one.texts, *(before.texts if before else {})}
        if before is not None and one.texts.get(area) != before.texts.get(area)
    )
    return {
        "number": one.number,
        "digest": one.digest,
        "activated_at": text_of(one.at),
        "activated_by": one.by,
        "replaces": before.digest if before else None,
        "changed_files": [f"{area}.toml" for area in changed],
    }


def _started(source: Source) -> list[Figures]:
    """Count on which policy programs started."""
    counted: dict[tuple[str, str], int] = {}
    for one in source.events(EventName.SYSTEM_STARTED):
        data = read_line(one).get("data") or {}
        key = str(data.get("program") or ""), str(data.get("policy") or "")
        counted[key] = counted.get(key, 0) + 1
    return [
        {"program": program, "policy": digest, "count": count}
        for (program, digest), count in sorted(counted.items())
    ]


def chapter(found: Figures, source: Source) -> Chapter:
    """Write the chapter."""
    first, last = found["at_the_beginning"], found["at_the_end"]
    return Chapter(
        "方針の版",
        FILE,
        CONTROLS,
        (
            Text(
                "すべての判断は、有効な方針の版に従います。版は内容の SHA-256（ダイジェスト）で"
                "区別され、判断の記録にも残ります。有効にした人と日時は、記録からたどれます。"
            ),
            Facts(
                "期間の初めと終わり",
                (
                    ("期間の初めに有効な版", _version(first)),
                    ("期間の終わりに有効な版", _version(last)),
                    ("期間中に有効になった版", number(len(found["activated"]))),
                ),
            ),
            _activated(found, source),
            table(
                "構成にかかわる出来事",
                ("出来事", "件数"),
                ((name, number(count)) for name, count in found["events"].items()),
                (5, 2),
                (1,),
            ),
            table(
                "起動したプログラムと、そのときの版",
                ("プログラム", "版（ダイジェスト）", "起動の回数"),
                (
                    (text(one["program"]), text(one["policy"]), number(one["count"]))
                    for one in found["started_on"]
                ),
                (3, 8, 2),
                (2,),
            ),
        ),
    )


def _version(one: Figures | None) -> str:
    if one is None:
        return "なし"
    return f"第 {one['number']} 版　{moment(one['activated_at'])}\n{one['digest']}"


def _activated(found: Figures, source: Source) -> Table:
    return table(
        "期間中に有効になった版",
        ("番号", "日時", "有効にした人", "変わったファイル", "ダイジェスト"),
        (
            (
                number(one["number"]),
                moment(one["activated_at"]),
                source.who(one["activated_by"]),
                "、".join(one["changed_files"]) or "—",
                one["digest"],
            )
            for one in found["activated"]
        ),
        (4, 8, 7, 8, 18),
        (0,),
    )
