"""What the verifier says of the log of the period, and what was done to the log in it."""

from __future__ import annotations

from collections import Counter

from audit.names import EventName
from idp.evidence import store
from idp.evidence.document import Chapter, Facts, Part, Table, Text, moment, number, table, text
from idp.evidence.model import Figures, text_of
from idp.evidence.proof import Proof, facts_of_note
from idp.evidence.source import Source, actor_of, read_line
from idp.evidence.store import Named

FILE = "integrity.json"
CONTROLS = ("5.28", "5.33", "8.15")
_HAPPENED = (
    EventName.LOG_FORKED,
    EventName.BACKUP_RESTORED,
    EventName.BACKUP_MADE,
    EventName.AUDIT_VERIFIED,
)


def figures(source: Source, proof: Proof, closing: str | None) -> Figures:
    """Gather them; `closing` is the checkpoint that closes the period."""
    extent = source.extent
    facts = facts_of_note(closing)
    with source.database.read() as tx:
        sealed = store.count_checkpoints(tx, extent.from_seq, facts["size"]) if facts else 0
    placed = list(source.events(EventName.HOLD_PLACED, from_the_first=True))
    lifted = list(source.events(EventName.HOLD_LIFTED, from_the_first=True))
    over = {read_line(one)["data"]["hold"] for one in lifted}
    begin = source.period.begin
    alarms = Counter(
        read_line(one)["data"].get("kind") for one in source.events(EventName.ALERT_RAISED)
    )
    return {
        "verified": {
            "holds": proof.problem is None,
            "problem": proof.problem,
            "remarks": list(proof.warnings),
            "bodies_read": proof.bodies,
            "checkpoints_held": proof.held,
        },
        "closing_checkpoint": facts,
        "records": {
            "from_seq": extent.from_seq,
            "to_seq": extent.to_seq,
            "leaves": extent.leaves,
            "bodies": extent.bodies,
            "purged": extent.purged,
            "not_sealed_yet": extent.unsealed,
            "checkpoints": sealed,
        },
        "purges": _purges(source),
        "holds": {
            "placed": sum(one.at >= begin for one in placed),
            "lifted": sum(one.at >= begin for one in lifted),
            "standing_at_the_end": sum(
                read_line(one)["data"]["hold"] not in over for one in placed
            ),
        },
        "sealing_lag_alarms": alarms["sealing_lag"],
        "gap_alarms": alarms["log_gap"],
        "clock_steps": source.sums.of(EventName.CLOCK_STEPPED),
        "happened": [
            {"at": text_of(one.at), "name": name.value, "event": one.id, "by": _by(one)}
            for name in _HAPPENED
            for one in source.events(name)
        ],
    }


def _by(one: Named) -> str:
    kind, who, _ = actor_of(read_line(one))
    return who or kind


def _purges(source: Source) -> list[Figures]:
    """Add up the purges of the period by class."""
    found: dict[str, Figures] = {}
    for one in source.events(EventName.AUDIT_PURGED):
        data = read_line(one)["data"]
        known = found.setdefault(
            data["class"],
            {"class": data["class"], "purges": 0, "events": 0, "first_at": text_of(one.at)},
        )
        known["purges"] += 1
        known["events"] += data["count"]
        known["last_at"] = text_of(one.at)
    return [found[name] for name in sorted(found)]


def chapter(found: Figures, source: Source) -> Chapter:
    """Write the chapter."""
    verified = found["verified"]
    problem: tuple[Part, ...] = ()
    if verified["problem"]:
        problem = (Text(f"検証で見つかった問題: {verified['problem']}"),)
    remarks = "\n".join(verified["remarks"])
    return Chapter(
        "監査ログの完全性",
        FILE,
        CONTROLS,
        (
            Text(
                "監査ログ全体の木（RFC 9162）と、この期間の記録の本文を、"
                "配布している検証プログラムと同じ手順で検証しました。"
                "本文を含む証明は、監査ログの記録一式（idp audit export）を"
                "お手元で検証することで得られます。"
            ),
            *problem,
            Facts(
                "検証の結果",
                (
                    (
                        "結果",
                        "問題は見つかりませんでした"
                        if verified["holds"]
                        else "問題が見つかりました",
                    ),
                    ("読んで確かめた本文", number(verified["bodies_read"])),
                    ("署名と根を確かめた検証点", number(verified["checkpoints_held"])),
                    ("注意", text(remarks)),
                ),
            ),
            _closing(found),
            _records(found),
            _purged(found),
            _happenings(found, source),
        ),
    )


def _closing(found: Figures) -> Facts:
    closing = found["closing_checkpoint"]
    return Facts(
        "この期間を閉じる検証点",
        (
            ("記録の数", number(closing["size"])),
            ("根（SHA-256）", closing["root"]),
            ("日時", moment(closing["at"])),
            ("検証点（署名つき）", closing["note"].strip()),
        )
        if closing
        else (("検証点", "まだありません"),),
    )


def _records(found: Figures) -> Facts:
    records = found["records"]
    return Facts(
        "期間の記録",
        (
            ("番号の範囲", f"{records['from_seq']:,} から {records['to_seq']:,} の前まで"),
            ("封印された記録", number(records["leaves"])),
            ("本文のある記録", number(records["bodies"])),
            ("保存期間を過ぎ、本文が削除された記録", number(records["purged"])),
            ("まだ封印されていない記録", number(records["not_sealed_yet"])),
            ("期間の検証点", number(records["checkpoints"])),
            ("封印の遅れの警報", number(found["sealing_lag_alarms"])),
            ("記録の欠けの警報", number(found["gap_alarms"])),
            ("時計の戻り", number(found["clock_steps"])),
            (
                "保全の開始 / 解除",
                f"{found['holds']['placed']:,} / {found['holds']['lifted']:,}",
            ),
            ("期間の終わりに続いていた保全", number(found["holds"]["standing_at_the_end"])),
        ),
    )


def _purged(found: Figures) -> Table:
    return table(
        "保存期間による本文の削除",
        ("保存区分", "回数", "本文の数", "初め", "終わり"),
        (
            (
                one["class"],
                number(one["purges"]),
                number(one["events"]),
                moment(one["first_at"]),
                moment(one["last_at"]),
            )
            for one in found["purges"]
        ),
        (4, 2, 3, 5, 5),
        (1, 2),
    )


def _happenings(found: Figures, source: Source) -> Table:
    return table(
        "分岐・復元・バックアップ・検証",
        ("日時", "出来事", "行った人", "出来事のID"),
        (
            (
                moment(one["at"]),
                one["name"],
                "自動" if one["by"] == "system" else source.who(one["by"]),
                one["event"],
            )
            for one in found["happened"]
        ),
        (4, 4, 4, 8),
    )
