"""Who of the staff holds which role, since when and by whose act; what the roles allow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from audit.names import EventName
from idp.audit_room.words import SENTENCES
from idp.clock import from_micros
from idp.evidence import store
from idp.evidence.document import Bars, Chapter, Facts, Table, Text, moment, number, table, text
from idp.evidence.model import Figures, text_of
from idp.evidence.source import Source, actor_of, read_line

FILE = "roles.json"
CONTROLS = ("5.15", "5.16", "5.18", "8.2", "8.3")
_DONE_BY_STAFF = (
    EventName.ACCOUNT_BLOCKED,
    EventName.ACCOUNT_RESTORED,
    EventName.ACCOUNT_STOPPED,
    EventName.ACCOUNT_UNBLOCKED,
    EventName.BACKUP_MADE,
    EventName.BACKUP_RESTORED,
    EventName.BLOCK_LIFTED,
    EventName.CHANGE_APPROVED,
    EventName.CHANGE_REFUSED,
    EventName.CLIENT_ADDED,
    EventName.CLIENT_REMOVED,
    EventName.HOLD_LIFTED,
    EventName.HOLD_PLACED,
    EventName.KEY_ACTIVATED,
    EventName.KEY_ANNOUNCED,
    EventName.KEY_COMPROMISED,
    EventName.KEY_RETIRED,
    EventName.LEGACY_IMPORTED,
    EventName.MASTER_KEY_REWRAPPED,
    EventName.PERSON_ERASED,
    EventName.POLICY_ACTIVATED,
    EventName.REGISTER_IMPORTED,
    EventName.SCIM_TOKEN_ADDED,
    EventName.SCIM_TOKEN_ENDED,
    EventName.STAFF_ADDED,
    EventName.STAFF_ENDED,
    EventName.STAFF_ENROLMENT_ISSUED,
    EventName.STAFF_ROLE_GRANTED,
    EventName.STAFF_ROLE_REVOKED,
)
"""Acts with privileges, as far as a person did them."""


def figures(source: Source) -> Figures:
    """Gather them."""
    end, begin = source.extent.end, source.extent.begin
    with source.database.read() as tx:
        accounts, roles = store.staff_before(tx, end), store.roles_before(tx, end)
    held: dict[str, list[Figures]] = {}
    changes = []
    for staff_id, role, granted, by, reason, ended, ended_by, why in roles:
        if ended is None or ended >= end:
            held.setdefault(staff_id, []).append(
                {"role": role, "granted_at": _at(granted), "granted_by": by, "reason": reason}
            )
        if granted >= begin:
            changes.append(_change(granted, staff_id, role, "granted", by, reason))
        if ended is not None and begin <= ended < end:
            changes.append(_change(ended, staff_id, role, "revoked", ended_by, why))
    listed = [
        {
            "id": row[0],
            "name": row[1],
            "created_at": _at(row[2]),
            "created_by": row[3],
            "ended_at": _at(row[4]) if row[4] is not None and row[4] < end else None,
            "roles": held.get(row[0], []),
        }
        for row in accounts
        if row[4] is None or row[4] >= begin
    ]
    rules = source.in_force.area("roles") if source.in_force else {}
    by_role: dict[str, int] = {}
    for one in (role for roles in held.values() for role in roles):
        by_role[one["role"]] = by_role.get(one["role"], 0) + 1
    return {
        "accounts": listed,
        "changes": sorted(changes, key=lambda one: (one["at"], one["staff"], one["role"])),
        "holders_by_role": dict(sorted(by_role.items())),
        "permissions_by_role": {
            name: sorted(role.get("permissions", []))
            for name, role in sorted(rules.get("roles", {}).items())
        },
        "never_together": [
            {"roles": list(one["roles"]), "about": one["about"]}
            for one in rules.get("exclusions", [])
        ],
        "permissions_refused": source.sums.of(EventName.PERMISSION_REFUSED),
        "privileged_acts": _acts(source),
        "events": {
            name.value: source.sums.of(name)
            for name in (EventName.STAFF_ROLE_GRANTED, EventName.STAFF_ROLE_REVOKED)
        },
    }


def _acts(source: Source) -> list[Figures]:
    counted: dict[tuple[str, str, str], int] = {}
    for name in _DONE_BY_STAFF:
        if not source.sums.of(name):
            continue
        for one in source.events(name):
            kind, who, _ = actor_of(read_line(one))
            if who:
                counted[kind, who, name.value] = counted.get((kind, who, name.value), 0) + 1
    return [
        {"kind": kind, "actor": who, "act": name, "count": count}
        for (kind, who, name), count in sorted(counted.items())
    ]


def _change(at: int, staff: str, role: str, what: str, by: str | None, why: str | None) -> Figures:
    return {"at": _at(at), "staff": staff, "role": role, "change": what, "by": by, "reason": why}


def _at(micros: int) -> str | None:
    instant: datetime = from_micros(micros)
    return text_of(instant)


def chapter(found: Figures, source: Source) -> Chapter:
    """Write the chapter."""
    from_rules = source.in_force.area("roles").get("roles", {}) if source.in_force else {}
    names = {name: f"{role.get('name_ja', '')} ({name})" for name, role in from_rules.items()}

    def said(role: str) -> str:
        return names.get(role, role)

    in_service = [one for one in found["accounts"] if one["ended_at"] is None]
    return Chapter(
        "職員の役割と権限",
        FILE,
        CONTROLS,
        (
            Text(
                "期間の終わりに、だれがどの役割をいつから持っていたかと、期間中の変更です。"
                "役割の付与と取消には理由が要り、いずれも監査ログに残ります。"
            ),
            Facts(
                "概要",
                (
                    ("在籍する職員アカウント", number(len(in_service))),
                    ("役割の付与（期間中）", number(_count(found["changes"], "granted"))),
                    ("役割の取消（期間中）", number(_count(found["changes"], "revoked"))),
                    ("権限がなく断られた操作", number(found["permissions_refused"])),
                ),
            ),
            Bars(
                "役割ごとの人数",
                tuple((said(role), count) for role, count in found["holders_by_role"].items()),
            ),
            _holders(in_service, source, said),
            _changes(found, source, said),
            table(
                "役割ごとの権限（期間の終わりに有効な方針）",
                ("役割", "権限"),
                (
                    (said(role), "、".join(may))
                    for role, may in found["permissions_by_role"].items()
                ),
                (2, 5),
            ),
            table(
                "兼ねられない役割",
                ("役割", "理由"),
                (
                    ("、".join(said(role) for role in one["roles"]), one["about"])
                    for one in found["never_together"]
                ),
                (2, 5),
                when_empty="兼務の禁止は定められていません。",
            ),
            _privileged(found, source),
        ),
    )


_NO_ROLE: dict[str, Any] = {
    "role": "（役割なし）",
    "granted_at": None,
    "granted_by": None,
    "reason": "—",
}


def _count(changes: list[Figures], what: str) -> int:
    return sum(one["change"] == what for one in changes)


def _act(name: str) -> str:
    return f"{SENTENCES[name]}（{name}）"


def _holders(in_service: list[Figures], source: Source, said: Callable[[str], str]) -> Table:
    return table(
        "役割の一覧（期間の終わりの時点）",
        ("氏名", "役割", "付与した日時", "付与した人", "理由"),
        (
            (
                one["name"],
                said(role["role"]),
                moment(role["granted_at"]),
                source.who(role["granted_by"]),
                role["reason"],
            )
            for one in in_service
            for role in one["roles"] or [_NO_ROLE]
        ),
        (5, 6, 6, 4, 11),
    )


def _changes(found: Figures, source: Source, said: Callable[[str], str]) -> Table:
    changed = {"granted": "付与", "revoked": "取消"}
    return table(
        "役割の変更",
        ("日時", "氏名", "役割", "変更", "行った人", "理由"),
        (
            (
                moment(one["at"]),
                source.staff.get(one["staff"], one["staff"]),
                said(one["role"]),
                changed[one["change"]],
                source.who(one["by"]),
                text(one["reason"]),
            )
            for one in found["changes"]
        ),
        (6, 5, 6, 2, 4, 9),
    )


def _privileged(found: Figures, source: Source) -> Table:
    return table(
        "特権による操作（行った人ごと）",
        ("行った人", "操作", "件数"),
        (
            (source.who(one["actor"]), _act(one["act"]), number(one["count"]))
            for one in found["privileged_acts"]
        ),
        (5, 7, 2),
        (2,),
    )
