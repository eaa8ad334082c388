"""The log's inventory: what is recorded, how long it is kept, and how much of it there was."""

from __future__ import annotations

from audit.event import OUTCOMES
from audit.inventory import INVENTORY, RetentionClass
from audit.names import EventName
from idp.audit_room.words import SENTENCES
from idp.evidence.document import Bars, Chapter, Table, Text, number, over_time, table, text
from idp.evidence.model import Figures
from idp.evidence.source import Source
from idp.policy.retention import FLOORS, Retention

FILE = "inventory.json"
CONTROLS = ("5.33", "5.34", "8.15")
_CLASSES = {
    RetentionClass.ACCESS: "だれが入り、何が渡されたか",
    RetentionClass.SECURITY: "試み、拒否、再利用、ブロック",
    RetentionClass.ADMINISTRATION: "アカウント・連携先・方針への職員の操作",
    RetentionClass.REGISTER: "組合員名簿の変更",
    RetentionClass.KEYS: "署名鍵とマスター鍵",
    RetentionClass.SYSTEM: "ログ自身と機械",
}


def figures(source: Source) -> Figures:
    """Gather them."""
    lengths = _lengths(source)
    events = [
        {
            "name": name.value,
            "class": about.retention_class.value,
            "records": about.what,
            "personal_fields": list(about.personal_fields),
            **{outcome: source.sums.of(name, outcome) for outcome in sorted(OUTCOMES)},
            "count": source.sums.of(name),
        }
        for name, about in sorted(INVENTORY.items())
    ]
    known = {name.value for name in INVENTORY}
    return {
        "total": source.sums.total(),
        "by_outcome": {
            outcome: sum(source.sums.days_of(outcome).values()) for outcome in sorted(OUTCOMES)
        },
        "classes": [
            {
                "class": kept.value,
                "kept_for": lengths[kept],
                "never_below": FLOORS[kept].text,
                "count": sum(one["count"] for one in events if one["class"] == kept.value),
            }
            for kept in RetentionClass
        ],
        "events": events,
        "unknown_names": [name for name in source.sums.names() if name not in known],
    }


def _lengths(source: Source) -> dict[RetentionClass, str]:
    """Give the lengths of the policy in force at the end, or those that hold without any."""
    rules = source.in_force.area("audit").get("retention", {}) if source.in_force else {}
    built_in = Retention()
    return {kept: rules.get(kept.value, built_in.of(kept).text) for kept in RetentionClass}


def chapter(found: Figures, source: Source) -> Chapter:
    """Write the chapter."""
    sums = source.sums
    chart = over_time(
        "記録された出来事",
        source.period,
        (
            ("行われた", dict(sums.days_of("done"))),
            ("断られた", dict(sums.days_of("refused"))),
            ("失敗した", dict(sums.days_of("failed"))),
        ),
    )
    return Chapter(
        "ログの目録",
        FILE,
        CONTROLS,
        (
            Text(
                "記録される出来事の名前は決まっており、それぞれに保存区分があります。"
                "個人の値はその人の鍵で暗号化され、鍵を破棄すると読めなくなります。"
            ),
            *chart,
            Bars(
                "保存区分ごとの件数",
                tuple((one["class"], one["count"]) for one in found["classes"]),
            ),
            table(
                "保存区分と保存期間（期間の終わりに有効な値）",
                ("区分", "内容", "保存期間", "下限", "件数"),
                (
                    (
                        one["class"],
                        _CLASSES[RetentionClass(one["class"])],
                        one["kept_for"],
                        one["never_below"],
                        number(one["count"]),
                    )
                    for one in found["classes"]
                ),
                (4, 7, 2, 2, 3),
                (2, 3, 4),
            ),
            _names(found),
            table(
                "目録にない名前",
                ("名前",),
                ((text(name),) for name in found["unknown_names"]),
                (1,),
                when_empty="ありません。",
            ),
        ),
    )


def _names(found: Figures) -> Table:
    return table(
        "出来事の一覧",
        ("記録すること（名前）", "区分", "個人の値", "行われた", "断られた", "失敗した"),
        (
            (
                f"{SENTENCES[EventName(one['name'])]}\n{one['name']}",
                one["class"],
                "、".join(one["personal_fields"]) or "—",
                *(number(one[outcome]) for outcome in ("done", "refused", "failed")),
            )
            for one in found["events"]
        ),
        (64, 26, 32, 16, 16, 16),
        (3, 4, 5),
    )
