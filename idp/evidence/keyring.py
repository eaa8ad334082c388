"""Keys: signing keys and their rotations, the audit key, the generations of the master key.

Folded from the events of the whole log up to the end of the period; no secret stands in them.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.names import EventName
from audit.note import encode_key, fingerprint
from idp.evidence.document import Chapter, Facts, Table, Text, moment, number, table, text
from idp.evidence.model import Figures, text_of
from idp.evidence.source import Source, actor_of, read_line

FILE = "keys.json"
CONTROLS = ("8.24", "5.33")
_STEPS = {
    EventName.KEY_ANNOUNCED: "announced",
    EventName.KEY_ACTIVATED: "active",
    EventName.KEY_RETIRING: "retiring",
    EventName.KEY_RETIRED: "retired",
    EventName.KEY_COMPROMISED: "compromised",
}


def figures(source: Source, key: Ed25519PublicKey, origin: str) -> Figures:
    """Gather them."""
    steps = sorted(
        (one.at, one.id, state, read_line(one))
        for name, state in _STEPS.items()
        for one in source.events(name, from_the_first=True)
    )
    keys: dict[str, Figures] = {}
    for at, _, state, event in steps:
        data = event["data"]
        known = keys.setdefault(data["kid"], {"kid": data["kid"], "alg": data["alg"]})
        known["state"] = state
        known[f"{state}_at"] = text_of(at)
    begin = source.period.begin
    return {
        "signing_keys": sorted(keys.values(), key=lambda one: (one["alg"], one["kid"])),
        "changes": [
            {
                "at": text_of(at),
                "kid": event["data"]["kid"],
                "alg": event["data"]["alg"],
                "to": state,
                "by": actor_of(event)[1] or actor_of(event)[0],
            }
            for at, _, state, event in steps
            if at >= begin
        ],
        "rules": dict(source.in_force.area("keys")) if source.in_force else {},
        "audit_key": {
            "origin": origin,
            "alg": "Ed25519",
            "fingerprint": fingerprint(key),
            "verifier_key": encode_key(origin, key),
        },
        "master_key": _master(source),
    }


def _master(source: Source) -> Figures:
    """Tell to which master keys secrets were wrapped again, and how many."""
    runs: dict[str, Figures] = {}
    for one in source.events(EventName.MASTER_KEY_REWRAPPED, from_the_first=True):
        data = read_line(one)["data"]
        known = runs.setdefault(
            data["to"], {"master_key": data["to"], "first_at": text_of(one.at), "secrets": 0}
        )
        known["last_at"] = text_of(one.at)
        known["secrets"] += data.get("count", 0)
    return {
        "renewals": list(runs.values()),
        "batches_in_the_period": source.sums.of(EventName.MASTER_KEY_REWRAPPED),
    }


_SAID = {
    "announced": "公開（使用前）",
    "active": "署名に使用中",
    "retiring": "署名を終え、検証のみ",
    "retired": "公開の一覧から外れた",
    "compromised": "危険と宣言し、取り下げ",
}


def chapter(found: Figures, source: Source) -> Chapter:
    """Write the chapter."""
    return Chapter(
        "鍵の一覧と更新",
        FILE,
        CONTROLS,
        (
            Text(
                "署名鍵は、公開してから使い始め、使い終えたあともしばらく検証に使えるよう公開します。"
                "秘密の部分はマスター鍵で包まれ、この資料には含まれません。"
            ),
            _signing_keys(found),
            _moves(found, source),
            Facts(
                "監査ログの鍵（検証点とこの資料に署名する鍵）",
                (
                    ("ログの名前", found["audit_key"]["origin"]),
                    ("方式", found["audit_key"]["alg"]),
                    ("指紋", found["audit_key"]["fingerprint"]),
                    ("公開鍵", found["audit_key"]["verifier_key"]),
                ),
            ),
            table(
                "マスター鍵の更新（記録の初めから期間の終わりまで）",
                ("新しいマスター鍵", "包み直しの初め", "終わり", "包み直した秘密の数"),
                (
                    (
                        one["master_key"],
                        moment(one["first_at"]),
                        moment(one["last_at"]),
                        number(one["secrets"]),
                    )
                    for one in found["master_key"]["renewals"]
                ),
                (4, 4, 4, 3),
                (3,),
                when_empty="更新は記録されていません。",
            ),
            Facts(
                "鍵の規則（期間の終わりに有効な値）",
                tuple((name, text(value)) for name, value in sorted(found["rules"].items())),
            ),
        ),
    )


def _signing_keys(found: Figures) -> Table:
    return table(
        "署名鍵（期間の終わりの時点）",
        ("鍵のID", "方式", "状態", "公開", "使用開始", "使用終了", "一覧から外れた"),
        (
            (
                one["kid"],
                one["alg"],
                _SAID[one["state"]],
                *(
                    moment(one.get(f"{state}_at"))
                    for state in ("announced", "active", "retiring", "retired")
                ),
            )
            for one in found["signing_keys"]
        ),
        (6, 3, 4, 4, 4, 4, 4),
    )


def _moves(found: Figures, source: Source) -> Table:
    return table(
        "期間中の変化",
        ("日時", "鍵のID", "方式", "変化", "行った人"),
        (
            (
                moment(one["at"]),
                one["kid"],
                one["alg"],
                _SAID[one["to"]],
                "自動" if one["by"] == "system" else source.who(one["by"]),
            )
            for one in found["changes"]
        ),
        (5, 6, 3, 5, 4),
    )
