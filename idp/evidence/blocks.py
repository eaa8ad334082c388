"""Blocks by rule and cause, how they ended, refused sign-ins, attacks."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from audit.names import EventName
from idp.clock import from_micros
from idp.evidence.document import (
    Bars,
    Chapter,
    Facts,
    Part,
    Table,
    Text,
    moment,
    number,
    over_time,
    table,
)
from idp.evidence.model import Figures, text_of
from idp.evidence.source import Source, read_line
from idp.throttle.blocking import RIGHT_ANSWER
from idp.throttle.lifting import BY_MAILBOX

FILE = "blocks.json"
CONTROLS = ("5.17", "8.5", "8.16")
_PERSON = "person"
_OTHER = "other"
_REASONS_AT_MOST = 50
_HOW = {BY_MAILBOX: "mailbox", RIGHT_ANSWER: "right_answer"}
_ATTEMPTS = (
    EventName.SIGN_IN_REFUSED,
    EventName.SIGN_IN_LIMITED,
    EventName.FACTOR_REFUSED,
    EventName.SESSION_REAUTHENTICATION_REFUSED,
    EventName.PASSWORD_RESET_REFUSED,
    EventName.INVITATION_REFUSED,
    EventName.REGISTRATION_REFUSED,
    EventName.STAFF_ENROLMENT_REFUSED,
    EventName.CLIENT_REFUSED,
    EventName.SCIM_REFUSED,
)
_WHO = ("by_itself", "staff", "mailbox", "right_answer", "other")


def figures(source: Source) -> Figures:
    """Gather them."""
    lifted, by_whom = _lifted(source)
    started: Counter[tuple[str, str, str]] = Counter()
    ended: Counter[tuple[str, str]] = Counter()
    end = from_micros(source.extent.end)
    for one in source.events(EventName.BLOCK_STARTED):
        data = read_line(one)["data"]
        rule = data.get("rule") or _PERSON
        started[rule, data["kind"], data["scope"]] += 1
        ended[rule, _state(data, lifted, end)] += 1
    rules = sorted({rule for rule, _ in ended} | {rule for rule, _ in by_whom})
    return {
        "by_rule": [
            {
                "rule": rule,
                "started": sum(n for (one, _, _), n in started.items() if one == rule),
                "lifted_of_these": ended[rule, "lifted"],
                "ended_by_itself": ended[rule, "by_itself"],
                "running_at_the_end": ended[rule, "running"],
                "lifted_in_the_period": {who: by_whom[rule, who] for who in _WHO[1:]},
            }
            for rule in rules
        ],
        "by_kind": [
            {"rule": rule, "kind": kind, "scope": scope, "count": count}
            for (rule, kind, scope), count in sorted(started.items())
        ],
        "attempts": {
            name.value: {
                outcome: source.sums.of(name, outcome) for outcome in ("refused", "failed", "done")
            }
            for name in _ATTEMPTS
        },
        "sign_ins": {
            "started": source.sums.of(EventName.SESSION_STARTED),
            "refused": source.sums.of(EventName.SIGN_IN_REFUSED),
            "limited": source.sums.of(EventName.SIGN_IN_LIMITED),
        },
        "refused_because": _why(source),
        "refusals_counted_in_floods": _floods(source),
        "attacks": _attacks(source),
    }


def _lifted(source: Source) -> tuple[set[str], Counter[tuple[str, str]]]:
    """Tell which blocks were lifted in the period, and by whom (by rule)."""
    lifted: set[str] = set()
    by_whom: Counter[tuple[str, str]] = Counter()
    for one in source.events(EventName.BLOCK_LIFTED):
        event = read_line(one)
        data = event["data"]
        lifted.add(str(data.get("block")))
        who = _HOW.get(data.get("reason")) or (
            "staff" if event["actor"]["kind"] in ("staff", "operator") else "other"
        )
        by_whom[data.get("rule") or _PERSON, who] += 1
    return lifted, by_whom


def _state(data: Figures, lifted: set[str], end: datetime) -> str:
    if data["block"] in lifted:
        return "lifted"
    until = data.get("until")
    over = isinstance(until, int) and from_micros(until) <= end
    return "by_itself" if over else "running"


def _why(source: Source) -> dict[str, int]:
    """Count why sign-ins were refused; the reasons are a small set of words."""
    counted: Counter[str] = Counter()
    for one in source.events(EventName.SIGN_IN_REFUSED):
        _, found, rest = one.line.rpartition('"why":"')
        why = rest.partition('"')[0] if found else _OTHER
        counted[why if why in counted or len(counted) < _REASONS_AT_MOST else _OTHER] += 1
    return dict(sorted(counted.items()))


def _floods(source: Source) -> int:
    return sum(
        int((read_line(one).get("decision") or {}).get("count", 0))
        for one in source.events(EventName.FLOOD_COUNTED)
    )


def _attacks(source: Source) -> list[Figures]:
    found = []
    for one in source.events(EventName.ATTACK_RECOGNISED):
        data = read_line(one)["data"]
        numbers = {key: data.get(key) for key in ("attempts", "targets", "sources", "right")}
        found.append({"at": text_of(one.at), "kind": data.get("kind"), "event": one.id} | numbers)
    return found


_WHY_SAID = {
    "wrong_password": "パスワードが違う",
    "unknown_address": "知らないメールアドレス",
    "wrong_code": "認証コードが違う",
    _OTHER: "そのほか",
}


def chapter(found: Figures, source: Source) -> Chapter:
    """Write the chapter."""
    sums = source.sums
    sign_ins = over_time(
        "ログインの成功と拒否",
        source.period,
        (
            ("ログイン", dict(sums.days(EventName.SESSION_STARTED))),
            ("拒否", dict(sums.days(EventName.SIGN_IN_REFUSED))),
            ("制限による拒否", dict(sums.days(EventName.SIGN_IN_LIMITED))),
        ),
    )
    parts: tuple[Part, ...] = (
        Text(
            "ブロックは、失敗が続いたときに規則に従って始まり、時間が来ると自然に終わります。"
            "職員、届いたメールによる確認、または正しい応答で早く終わることもあります。"
        ),
        _overview(found),
        Bars(
            "規則ごとに始まったブロック（件数）",
            tuple((one["rule"], one["started"]) for one in found["by_rule"]),
        ),
        _endings(found),
        *sign_ins,
        table(
            "ログインが拒否された理由",
            ("理由", "件数"),
            (
                (f"{_WHY_SAID.get(why, why)}（{why}）", number(count))
                for why, count in found["refused_because"].items()
            ),
            (5, 2),
            (1,),
        ),
        _others(found),
        _attacks_seen(found),
    )
    return Chapter("ブロックとログインの拒否", FILE, CONTROLS, parts)


def _overview(found: Figures) -> Facts:
    return Facts(
        "概要",
        (
            ("始まったブロック", number(sum(one["started"] for one in found["by_rule"]))),
            ("ログイン", number(found["sign_ins"]["started"])),
            ("ログインの拒否", number(found["sign_ins"]["refused"])),
            ("制限による拒否（確認の前）", number(found["sign_ins"]["limited"])),
            ("まとめて数えられた大量の失敗", number(found["refusals_counted_in_floods"])),
            ("攻撃と見られた動き", number(len(found["attacks"]))),
        ),
    )


def _endings(found: Figures) -> Table:
    return table(
        "規則ごとのブロックと、その終わり方",
        (
            "規則",
            "開始",
            "自然に\n終了",
            "解除",
            "期末に\n継続中",
            "職員が\n解除",
            "メールで\n解除",
            "正答で\n解除",
        ),
        (
            (
                "職員による" if one["rule"] == _PERSON else one["rule"],
                *(
                    number(one[name])
                    for name in (
                        "started",
                        "ended_by_itself",
                        "lifted_of_these",
                        "running_at_the_end",
                    )
                ),
                *(number(one["lifted_in_the_period"][who]) for who in _WHO[1:4]),
            )
            for one in found["by_rule"]
        ),
        (14, 4, 4, 4, 5, 4, 5, 4),
        range(1, 8),
    )


def _others(found: Figures) -> Table:
    return table(
        "そのほかの拒否",
        ("出来事", "断られた", "失敗"),
        (
            (name, number(one["refused"]), number(one["failed"]))
            for name, one in found["attempts"].items()
        ),
        (5, 2, 2),
        (1, 2),
    )


def _attacks_seen(found: Figures) -> Table:
    return table(
        "攻撃と見られた動き",
        ("日時", "種類", "試み", "対象", "接続元", "正答"),
        (
            (
                moment(one["at"]),
                str(one["kind"]),
                *(number(one[key]) for key in ("attempts", "targets", "sources", "right")),
            )
            for one in found["attacks"]
        ),
        (5, 5, 2, 2, 2, 2),
        range(2, 6),
    )
