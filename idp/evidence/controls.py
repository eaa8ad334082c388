"""Which chapter speaks to which control of ISO/IEC 27001:2022 Annex A.

Titles are those of the standard; what the figures show is in our own words. That a control is met
is nothing a program could say: the pack supports whoever judges it.
"""

from __future__ import annotations

from typing import Final

from idp.evidence import (
    alerts,
    blocks,
    integrity,
    inventory,
    keyring,
    looks,
    passwords,
    people,
    policies,
    roles,
)
from idp.evidence.document import Chapter, Text, table
from idp.evidence.model import Figures

FILE = "controls.json"
AS_OF = "as-of.json"
_CONTROLS: Final = (
    (
        "5.15",
        "Access control",
        "アクセス制御",
        "役割ごとの権限、兼ねられない役割、権限がなく断られた操作、判断の基になった方針の版",
    ),
    (
        "5.16",
        "Identity management",
        "識別情報の管理",
        "職員のアカウントと、組合員・職員の始まりと終わり",
    ),
    (
        "5.17",
        "Authentication information",
        "認証情報",
        "ハッシュの設定、保存されたハッシュの数（補足）、再設定と登録の件数、試みの制限",
    ),
    (
        "5.18",
        "Access rights",
        "アクセス権",
        "役割の付与と取消、終わりを決めた事実からセッションが終わるまでの時間",
    ),
    (
        "5.28",
        "Collection of evidence",
        "証拠の収集",
        "検証の結果、この期間を閉じる検証点、書き出しの記録",
    ),
    (
        "5.33",
        "Protection of records",
        "記録の保護",
        "保存期間と下限、本文の削除、保全、完全性の検証",
    ),
    (
        "5.34",
        "Privacy and protection of PII",
        "プライバシー及びPIIの保護",
        "記録の中の個人の値、閲覧と書き出し、個人の鍵の破棄",
    ),
    (
        "8.2",
        "Privileged access rights",
        "特権的アクセス権",
        "役割を持つ人とその開始日、特権による操作の件数",
    ),
    (
        "8.3",
        "Information access restriction",
        "情報へのアクセス制限",
        "役割ごとの権限と、断られた操作",
    ),
    (
        "8.5",
        "Secure authentication",
        "セキュリティを保った認証",
        "ログインの成功と拒否、ブロック、制限とセッションの設定",
    ),
    (
        "8.9",
        "Configuration management",
        "構成管理",
        "方針の版とダイジェスト、有効にした人、起動時の版",
    ),
    (
        "8.15",
        "Logging",
        "ログ取得",
        "出来事の目録、番号に欠けのないこと、改ざんの検証、ログを見た人",
    ),
    ("8.16", "Monitoring activities", "監視活動", "警報の規則と一覧、攻撃と見られた動き"),
    ("8.17", "Clock synchronization", "クロックの同期", "時計の戻りと、ずれの警報"),
    (
        "8.24",
        "Use of cryptography",
        "暗号の利用",
        "署名鍵と監査ログの鍵の一覧、更新の記録、マスター鍵の更新",
    ),
)
FILES: Final = (
    (roles.FILE, roles.CONTROLS),
    (people.FILE, people.CONTROLS),
    (blocks.FILE, blocks.CONTROLS),
    (passwords.FILE, passwords.CONTROLS),
    (policies.FILE, policies.CONTROLS),
    (keyring.FILE, keyring.CONTROLS),
    (integrity.FILE, integrity.CONTROLS),
    (inventory.FILE, inventory.CONTROLS),
    (alerts.FILE, alerts.CONTROLS),
    (alerts.CLOCK_FILE, alerts.CLOCK_CONTROLS),
    (looks.FILE, looks.CONTROLS),
)
_ALSO = {"5.17": (AS_OF,), "8.24": (AS_OF,)}


def figures() -> Figures:
    """Give the map."""
    return {
        "standard": "ISO/IEC 27001:2022 Annex A",
        "purpose": "supports an assessment; it does not state its result",
        "controls": [
            {
                "control": control,
                "title": english,
                "title_ja": japanese,
                "shows_ja": shows,
                "files": [
                    *(file for file, speaks_to in FILES if control in speaks_to),
                    *_ALSO.get(control, ()),
                ],
            }
            for control, english, japanese, shows in _CONTROLS
        ],
    }


def chapter(found: Figures) -> Chapter:
    """Write the chapter."""
    return Chapter(
        "管理策との対応",
        FILE,
        (),
        (
            Text(
                "ISO/IEC 27001:2022 附属書Aの管理策と、この資料の章（ファイル）の対応です。"
                "この資料は判断の材料を示すもので、管理策が満たされているかどうかは述べません。"
            ),
            table(
                "対応表",
                ("管理策", "名称", "この資料が示すもの", "ファイル"),
                (
                    (
                        one["control"],
                        f"{one['title_ja']}\n{one['title']}",
                        one["shows_ja"],
                        "、".join(one["files"]),
                    )
                    for one in found["controls"]
                ),
                (2, 6, 9, 6),
            ),
        ),
    )
