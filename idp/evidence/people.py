"""Who came and who left, and how long access lasted after the fact that ends it.

Access itself is decided by date and state at each use, without any job. What is measured is until
when the last session that was still open was ended and the relying parties were told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from audit.names import EventName
from idp.accounts.model import EndReason
from idp.clock import from_micros, start_of
from idp.evidence import store
from idp.evidence.document import (
    Bars,
    Chapter,
    Facts,
    Part,
    Table,
    Text,
    duration,
    moment,
    number,
    table,
)
from idp.evidence.model import Delay, Figures, spread, text_of
from idp.evidence.source import Source
from idp.members.standing import dates_access_ends_on
from idp.staff.model import End

FILE = "people.json"
CONTROLS = ("5.16", "5.18", "8.2")
_STEPS = {
    "under_1s": "1 秒未満",
    "under_1min": "1 分未満",
    "under_1h": "1 時間未満",
    "under_24h": "24 時間未満",
    "longer": "24 時間以上",
}
Decisions = dict[str, list[tuple[datetime, str]]]
"""By subject: when access was decided to end, and by which event; in the order of time."""


def figures(source: Source) -> Figures:
    """Gather them."""
    period, end = source.period, source.extent.end
    first, last = period.first.isoformat(), period.last.isoformat()
    with source.database.read() as tx:
        leavers = {
            subject: ends_on
            for subject, dates in store.ending_between(tx, first, last, end)
            if (ends_on := dates_access_ends_on(dates)) is not None
            and period.first <= ends_on <= period.last
            and start_of(ends_on) < from_micros(end)
        }
        paid = store.count_paid(tx, first, min(last, _day(end)))
        staff = store.staff_before(tx, end)
    begin = source.extent.begin
    stopped = _decided(source, EventName.ACCOUNT_STOPPED)
    blocked = _decided(source, EventName.ACCOUNT_BLOCKED)
    left = _decided(source, EventName.STAFF_ENDED)
    return {
        "joined": {
            "memberships_begun": paid,
            "accounts_created": source.sums.of(EventName.ACCOUNT_CREATED),
            "accounts_restored": source.sums.of(EventName.ACCOUNT_RESTORED),
            "staff_added": sum(row[2] >= begin for row in staff),
        },
        "left": {
            "membership_ended": {"decided": len(leavers)} | _membership(source, leavers.keys()),
            "service_stopped": _measured(source, stopped, EndReason.SERVICE_STOPPED),
            "blocked_by_staff": _measured(source, blocked, EndReason.BLOCKED),
            "staff_ended": _measured(source, left, End.ACCOUNT_ENDED),
        },
        "staff": [
            {
                "id": row[0],
                "name": row[1],
                "created_at": text_of(from_micros(row[2])) if row[2] >= begin else None,
                "ended_at": text_of(from_micros(row[4])) if _within(row[4], begin, end) else None,
                "ended_by": row[5] if _within(row[4], begin, end) else None,
                "reason": row[6] if _within(row[4], begin, end) else None,
            }
            for row in staff
            if row[2] >= begin or _within(row[4], begin, end)
        ],
        "erased": source.sums.of(EventName.PERSON_ERASED),
    }


def _within(at: int | None, begin: int, end: int) -> bool:
    return at is not None and begin <= at < end


def _day(micros: int) -> str:
    """Give the last day (ISO) of which something lies before an instant."""
    return (from_micros(micros - 1) + timedelta(hours=9)).date().isoformat()


def _decided(source: Source, name: EventName) -> Decisions:
    found: Decisions = {}
    for one in source.events(name):
        if one.subject is not None:
            found.setdefault(one.subject, []).append((one.at, one.id))
    return found


def _measured(source: Source, decisions: Decisions, reason: EndReason | End) -> Figures:
    """Measure from each decision to the last session that ended for it."""
    latest: dict[str, Delay] = {}
    for one in source.events(EventName.SESSION_ENDED, containing=f'"reason":"{reason.value}"'):
        before = [d for d in decisions.get(one.subject or "", []) if d[0] <= one.at]
        if before:
            at, event = before[-1]
            latest[event] = Delay(_micros(one.at - at), event, at)
    decided = sum(len(listed) for listed in decisions.values())
    return {
        "decided": decided,
        "without_open_session": decided - len(latest),
        "until_sessions_ended": spread(list(latest.values())),
    }


def _membership(source: Source, leavers: Iterable[str]) -> Figures:
    """Measure from 00:00 in Japan of the first day without access."""
    latest: dict[str, Delay] = {}
    unknown: set[str] = set()
    containing = f'"reason":"{EndReason.MEMBERSHIP_ENDED.value}"'
    for one in source.events(EventName.SESSION_ENDED, containing=containing):
        subject = one.subject or ""
        with source.database.read() as tx:
            dates = store.dates_of(tx, subject)
        ends_on = dates_access_ends_on(dates) if dates else None
        decided = start_of(ends_on) if ends_on is not None else None
        if decided is None or one.at < decided:
            unknown.add(subject)  # the register has another date by now
            continue
        latest[subject] = Delay(_micros(one.at - decided), one.id, decided)
    return {
        "without_open_session": len(set(leavers) - latest.keys() - unknown),
        "date_changed_since": len(unknown - latest.keys()),
        "until_sessions_ended": spread(list(latest.values())),
    }


def _micros(length: timedelta) -> int:
    return length // timedelta(microseconds=1)


_SAID: Mapping[str, str] = {
    "membership_ended": "組合員資格の終わり（出資金返還の日の 0 時から）",
    "service_stopped": "利用停止（本人または職員）",
    "blocked_by_staff": "職員によるブロック",
    "staff_ended": "職員アカウントの終わり",
}


def chapter(found: Figures, source: Source) -> Chapter:
    """Write the chapter."""
    joined, left = found["joined"], found["left"]
    parts: list[Part] = [
        Text(
            "利用の可否は、使うたびに日付と状態から決まります。ここで測るのは、終わりを決めた事実から、"
            "開いたままのセッションがすべて終わり、連携先に知らせるまでの時間です。"
            "組合員の氏名と番号は載せていません。遅いものは監査ログの出来事のIDで確かめられます。"
        ),
        Facts(
            "始まったもの",
            (
                ("組合員資格の始まり（名簿の出資日）", number(joined["memberships_begun"])),
                ("登録により作られたアカウント", number(joined["accounts_created"])),
                ("再開したアカウント", number(joined["accounts_restored"])),
                ("加わった職員", number(joined["staff_added"])),
            ),
        ),
        _endings(found),
    ]
    slow = [
        (said, one)
        for key, said in _SAID.items()
        for one in left[key]["until_sessions_ended"]["slowest"]
    ]
    parts += [
        Bars("セッションが終わるまでの時間の分布（すべての理由、件数）", _distribution(left)),
        table(
            "時間のかかったもの（理由ごとに遅い方から最大 20 件）",
            ("終わりの理由", "決まった日時", "時間", "出来事のID"),
            (
                (said, moment(one["decided_at"]), duration(one["ms"]), one["event"])
                for said, one in slow
            ),
            (5, 4, 3, 8),
            (2,),
            when_empty="すべて、決まったときに終わりました。",
        ),
        _staff(found, source),
        Facts(
            "そのほか",
            (
                ("個人の鍵の破棄（個人データの消去）", number(found["erased"])),
                (
                    "測ったあとに名簿の日付が変わったもの",
                    number(left["membership_ended"]["date_changed_since"]),
                ),
            ),
        ),
    ]
    return Chapter("利用の始まりと終わり", FILE, CONTROLS, tuple(parts))


def _distribution(left: Figures) -> tuple[tuple[str, int], ...]:
    counted = [left[key]["until_sessions_ended"]["distribution"] for key in _SAID]
    return tuple((said, sum(one[step] for one in counted)) for step, said in _STEPS.items())


def _endings(found: Figures) -> Table:
    left = found["left"]
    return table(
        "終わったものと、セッションが終わるまでの時間",
        (
            "終わりの理由",
            "件数",
            "開いた\nセッションなし",
            "測った数",
            "中央値",
            "95%点",
            "最大",
        ),
        (
            (
                said,
                number(left[key]["decided"]),
                number(left[key]["without_open_session"]),
                number(left[key]["until_sessions_ended"]["count"]),
                *(
                    duration(left[key]["until_sessions_ended"][name])
                    for name in ("median_ms", "p95_ms", "max_ms")
                ),
            )
            for key, said in _SAID.items()
        ),
        (8, 2, 3, 3, 3, 3, 3),
        range(1, 7),
    )


def _staff(found: Figures, source: Source) -> Table:
    return table(
        "職員の加入と離任",
        ("氏名", "加入", "離任", "離任の処理をした人", "理由"),
        (
            (
                one["name"],
                moment(one["created_at"]),
                moment(one["ended_at"]),
                source.who(one["ended_by"]) or "—",
                one["reason"] or "—",
            )
            for one in found["staff"]
        ),
        (5, 5, 5, 5, 6),
    )
