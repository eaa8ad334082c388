"""What only the present state can tell, with the sealed position at which it was looked at.

It stands in files of its own: the rest of a pack of a finished period stays the same for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from idp.accounts.legacy_schemes import MARK
from idp.evidence import store
from idp.evidence.document import Bars, Chapter, Facts, Text, moment, number, table, text
from idp.evidence.model import Figures, text_of
from idp.evidence.proof import facts_of_note
from idp.inforce import store as policies
from idp.journal.anchors import CheckpointFile
from idp.journal.forks import LogSetBack, require_contained
from idp.storage.log_guard import faults_of_protection
from idp.storage.sql import Database

FILE = "as-of.json"
REPORT = "as-of.pdf"
CONTROLS = ("5.17", "5.33", "8.24")
_NONE = "none"


@dataclass(frozen=True)
class Present:
    """Looks at the present state."""

    database: Database
    file: CheckpointFile
    master_keys: tuple[str, ...]
    """Their ids, the current one first."""

    def figures(self, size: int, now: datetime) -> Figures:
        """Gather it, once everything up to a size is sealed."""
        with self.database.read() as tx:
            note = store.note_up_to(tx, size)
            missing = list(faults_of_protection(tx))
            active = policies.active(tx)
            try:
                require_contained(tx, self.file.newest())
                set_back = None
            except LogSetBack as fault:
                set_back = fault.detail
        return {
            "made_at": text_of(now),
            "sealed": facts_of_note(note),
            "policy": {"number": active[0], "digest": active[1]} if active else None,
            "password_hashes": {
                "members": count_hashes(store.password_hashes(self.database, of_staff=False)),
                "staff": count_hashes(store.password_hashes(self.database, of_staff=True)),
            },
            "master_key": {"current": self.master_keys[0], "in_the_file": len(self.master_keys)},
            "log_protection_missing": missing,
            "log_set_back": set_back,
        }


def count_hashes(hashes: Iterable[str | None]) -> list[Figures]:
    """Count stored hashes by scheme and parameters; nothing else of a hash is told."""
    counted = Counter(scheme_of(one) for one in hashes)
    return [
        {"scheme": scheme, "parameters": parameters, "count": count}
        for (scheme, parameters), count in sorted(counted.items())
    ]


def scheme_of(password_hash: str | None) -> tuple[str, str]:
    """Read scheme and parameters of a stored hash (PHC string), salt and digest left out."""
    if not password_hash:
        return _NONE, ""
    parts = password_hash.split("$")
    if password_hash.startswith(MARK) and len(parts) == 9:
        return f"{parts[2]} in {parts[4]}", parts[6]
    if len(parts) == 6 and parts[1].startswith("argon2"):
        return parts[1], parts[3]
    return "unknown", ""


def chapter(found: Figures) -> Chapter:
    """Write the chapter."""
    hashes = found["password_hashes"]
    return Chapter(
        "現在の状態の補足",
        FILE,
        CONTROLS,
        (
            Text(
                "ここにあるのは、過去にさかのぼって調べられず、調べた時点の状態としてだけ分かるものです。"
                "本編（evidence.pdf）は、終わった期間については、いつ作っても同じ内容になります。"
            ),
            _position(found),
            Bars(
                "保存されている組合員のパスワードのハッシュ（件数）",
                tuple((_said(one), one["count"]) for one in hashes["members"]),
            ),
            table(
                "パスワードのハッシュ",
                ("だれの", "方式", "パラメーター", "件数"),
                (
                    (who, _scheme(one), one["parameters"] or "—", number(one["count"]))
                    for who, key in (("組合員", "members"), ("職員", "staff"))
                    for one in hashes[key]
                ),
                (2, 5, 5, 2),
                (3,),
                when_empty="アカウントがありません。",
            ),
        ),
    )


def _said(one: Figures) -> str:
    return f"{_scheme(one)} {one['parameters']}".strip()


def _scheme(one: Figures) -> str:
    return "なし（未設定）" if one["scheme"] == _NONE else str(one["scheme"])


def _position(found: Figures) -> Facts:
    sealed = found["sealed"]
    return Facts(
        "調べた時点",
        (
            ("日時（日本時間）", moment(found["made_at"])),
            ("封印された記録", number(sealed["size"]) if sealed else "—"),
            ("根（SHA-256）", sealed["root"] if sealed else "—"),
            (
                "有効な方針",
                f"第 {found['policy']['number']} 版\n{found['policy']['digest']}"
                if found["policy"]
                else "—",
            ),
            ("現在のマスター鍵", found["master_key"]["current"]),
            ("鍵ファイルの中のマスター鍵", number(found["master_key"]["in_the_file"])),
            (
                "ログを守るトリガー",
                "、".join(found["log_protection_missing"]) or "すべてあります",
            ),
            ("外に出した検証点との一致", text(found["log_set_back"] or "一致しています")),
        ),
    )
