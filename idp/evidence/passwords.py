"""How passwords are kept and guarded: the policy's values, and what became of passwords."""

from __future__ import annotations

from typing import Any

from audit.names import EventName
from idp.evidence.document import Chapter, Facts, Table, Text, moment, number, table, text
from idp.evidence.model import Figures, text_of
from idp.evidence.source import Activation, Source

FILE = "passwords.json"
CONTROLS = ("5.17", "8.5", "8.24")
_EVENTS = (
    EventName.PASSWORD_SET,
    EventName.PASSWORD_REHASHED,
    EventName.PASSWORD_RESET_REQUESTED,
    EventName.PASSWORD_RESET_REFUSED,
    EventName.FACTOR_ADDED,
    EventName.FACTOR_REMOVED,
    EventName.FACTOR_REFUSED,
    EventName.RECOVERY_CODES_DRAWN,
    EventName.INVITATION_ISSUED,
    EventName.STAFF_ENROLLED,
)


def figures(source: Source) -> Figures:
    """Gather them."""
    begin = source.period.begin
    before = source.policy_at(begin)
    within = [one for one in source.activations if one.at > begin]
    return {
        "in_force": [
            {"policy": one.number, "digest": one.digest, "since": text_of(one.at)} | _values(one)
            for one in (*([before] if before else []), *within)
        ],
        "limits": _limits(source.in_force),
        "sessions": dict(source.in_force.area("sessions")) if source.in_force else {},
        "verification": dict(source.in_force.area("verification")) if source.in_force else {},
        "events": {name.value: source.sums.of(name) for name in _EVENTS},
    }


def _values(one: Activation) -> Figures:
    rules = one.area("passwords")
    return {
        "scheme": "argon2id",
        "parameters": dict(rules.get("argon2", {})),
        "min_length": rules.get("min_length"),
        "max_length": rules.get("max_length"),
    }


def _limits(one: Activation | None) -> list[Figures]:
    listed = one.area("limits") if one else {}
    return [
        {
            "limit": name,
            "count": rule.get("count"),
            "period": rule.get("period"),
            "block": (rule.get("then") or {}).get("block"),
            "at_most": (rule.get("then") or {}).get("at_most"),
        }
        for name, rule in sorted(listed.items())
    ]


def chapter(found: Figures, source: Source) -> Chapter:  # noqa: ARG001 - as every chapter
    """Write the chapter."""
    return Chapter(
        "認証情報の守り方",
        FILE,
        CONTROLS,
        (
            Text(
                "パスワードは Argon2id（RFC 9106）のハッシュとして保存されます。"
                "保存されているハッシュの数は現在の状態でしか分からないため、"
                "補足（as-of.pdf、as-of.json）に、調べた時点とともに載せています。"
            ),
            _in_force(found),
            table(
                "認証情報の出来事（期間中）",
                ("出来事", "件数"),
                ((name, number(count)) for name, count in found["events"].items()),
                (5, 2),
                (1,),
            ),
            Facts(
                "セッションと追加の確認（期間の終わりに有効な値）",
                tuple(
                    (f"{area}.{name}", text(value))
                    for area in ("sessions", "verification")
                    for name, value in _flat(found[area])
                ),
            ),
            _limits_table(found),
        ),
    )


def _flat(values: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(values.items())


def _in_force(found: Figures) -> Table:
    return table(
        "期間中に有効だったハッシュの設定",
        (
            "方針",
            "有効になった日時",
            "方式",
            "時間",
            "メモリ（KiB）",
            "並列",
            "最短の長さ",
        ),
        (
            (
                number(one["policy"]),
                moment(one["since"]),
                one["scheme"],
                *(
                    text(one["parameters"].get(name))
                    for name in ("time_cost", "memory_cost", "parallelism")
                ),
                text(one["min_length"]),
            )
            for one in found["in_force"]
        ),
        (2, 5, 3, 2, 3, 2, 3),
        (0, 3, 4, 5, 6),
    )


def _limits_table(found: Figures) -> Table:
    return table(
        "試みの制限（期間の終わりに有効な値）",
        ("制限", "回数", "数える期間", "ブロック", "最長"),
        (
            (
                one["limit"],
                number(one["count"]),
                *(text(one[name]) for name in ("period", "block", "at_most")),
            )
            for one in found["limits"]
        ),
        (8, 2, 3, 3, 3),
        (1,),
    )
