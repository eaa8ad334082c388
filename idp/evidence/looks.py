"""The audit of the auditors: who looked into the log and at members, and what was taken away."""

from __future__ import annotations

from audit.names import EventName
from idp.evidence.document import Bars, Chapter, Table, Text, moment, number, table, text
from idp.evidence.model import Figures, text_of
from idp.evidence.source import Source, actor_of, read_line

FILE = "looks.json"
CONTROLS = ("5.28", "5.34", "8.2", "8.15")
_LOOKS = {
    EventName.AUDIT_SEARCHED: "監査ログの検索",
    EventName.AUDIT_VIEWED: "監査ログの閲覧",
    EventName.AUDIT_EXPORTED: "監査ログの書き出し",
    EventName.AUDIT_VERIFIED: "監査ログの検証",
    EventName.MEMBER_VIEWED: "組合員の記録の閲覧",
    EventName.REGISTER_LISTED: "組合員の一覧",
    EventName.STAFF_LISTED: "職員の一覧",
}
_ENDS = ("finished", "cut")
EXPORTS_SHOWN = 200
"""Rows of the table in the report; the JSON file has them all."""


def figures(source: Source) -> Figures:
    """Gather them."""
    counted: dict[tuple[str, str, str], dict[str, int]] = {}
    exports: dict[str, Figures] = {}
    for name in _LOOKS:
        for one in source.events(name):
            event = read_line(one)
            data, who = event.get("data") or {}, actor_of(event)
            if name is EventName.AUDIT_EXPORTED and _ends(exports, data):
                continue  # one export has an event before it and one after it
            row = counted.setdefault(who, dict.fromkeys((key.value for key in _LOOKS), 0))
            row[name.value] += 1
            if name is EventName.AUDIT_EXPORTED:
                exports[one.id] = {
                    "at": text_of(one.at),
                    "kind": who[0],
                    "actor": who[1],
                    "form": data.get("form"),
                    "state": data.get("state"),
                    "count": data.get("count"),
                    "event": one.id,
                }
    return {
        "by_actor": [
            {"kind": kind, "actor": who, "role": role, "looks": looks}
            for (kind, who, role), looks in sorted(counted.items())
        ],
        "totals": {
            name.value: sum(looks[name.value] for looks in counted.values()) for name in _LOOKS
        },
        "exports": sorted(exports.values(), key=lambda one: (one["at"], one["event"])),
        "downloads_by_members": source.sums.of(EventName.DATA_DOWNLOADED),
        "claims_read_by_services": source.sums.of(EventName.CLAIMS_READ),
    }


def _ends(exports: dict[str, Figures], data: Figures) -> bool:
    """Tell whether an event is the end of an export that began before, and note how it ended."""
    if data.get("state") not in _ENDS:
        return False
    begun = exports.get(str(data.get("export")))
    if begun is not None:
        begun |= {"state": data["state"], "count": data.get("count")}
    return begun is not None


def chapter(found: Figures, source: Source) -> Chapter:
    """Write the chapter."""
    return Chapter(
        "閲覧と書き出し（監査する人の監査）",
        FILE,
        CONTROLS,
        (
            Text(
                "監査ログや組合員の記録を見ること、書き出すことも、それぞれ一つの出来事として残ります。"
                "だれの記録を見たかは、この資料には載せていません。"
            ),
            Bars(
                "閲覧と書き出し（件数）",
                tuple((said, found["totals"][name.value]) for name, said in _LOOKS.items()),
            ),
            _by_actor(found, source),
            _exports(found, source),
            table(
                "組合員本人と連携サービス",
                ("出来事", "件数"),
                (
                    ("組合員が自分の情報をダウンロードした", number(found["downloads_by_members"])),
                    (
                        "連携サービスが組合員の情報を読み取った",
                        number(found["claims_read_by_services"]),
                    ),
                ),
                (5, 2),
                (1,),
            ),
        ),
    )


def _by_actor(found: Figures, source: Source) -> Table:
    return table(
        "行った人ごとの件数",
        (
            "行った人",
            "役割",
            "ログの\n検索",
            "ログの\n閲覧",
            "書き\n出し",
            "検証",
            "組合員の\n閲覧",
            "組合員の\n一覧",
            "職員の\n一覧",
        ),
        (
            (
                source.who(one["actor"]) or one["kind"],
                text(one["role"]),
                *(number(one["looks"][name.value]) for name in _LOOKS),
            )
            for one in found["by_actor"]
        ),
        (8, 4, 2, 2, 2, 2, 3, 3, 2),
        range(2, 9),
    )


def _exports(found: Figures, source: Source) -> Table:
    exports = found["exports"]
    return table(
        f"書き出しの一覧（{number(len(exports))} 件、新しい方から {EXPORTS_SHOWN} 件まで）",
        ("日時", "行った人", "形式", "状態", "件数"),
        (
            (
                moment(one["at"]),
                source.who(one["actor"]) or one["kind"],
                text(one["form"]),
                text(one["state"]),
                number(one["count"]),
            )
            for one in reversed(exports[-EXPORTS_SHOWN:])
        ),
        (5, 6, 4, 3, 3),
        (4,),
    )
