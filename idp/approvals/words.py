"""What acts, states and refusals are called on the pages."""

from __future__ import annotations

from typing import Final

from idp.approvals.model import State, Why
from idp.policy.approvals import ApprovalKind
from idp.web.i18n import mark as _

KINDS: Final[dict[ApprovalKind, str]] = {
    ApprovalKind.STAFF_ADD: _("職員の追加"),
    ApprovalKind.STAFF_ROLES: _("職員の役割の変更"),
    ApprovalKind.STAFF_FACTORS: _("職員のパスワードと認証アプリの再設定"),
    ApprovalKind.STAFF_END: _("職員の利用の終了"),
    ApprovalKind.MEMBER_DISCLOSURE: _("組合員のメールアドレスの開示"),
    ApprovalKind.MEMBER_ADDRESS: _("組合員のメールアドレスの変更"),
    ApprovalKind.MEMBER_FACTOR: _("組合員の確認方法の解除"),
    ApprovalKind.REGISTER_IMPORT: _("名簿の一括取り込み"),
    ApprovalKind.REGISTER_WITHDRAWAL: _("脱退の一括処理"),
    ApprovalKind.REGISTER_EXPORT: _("名簿の書き出し"),
    ApprovalKind.BLOCK_LIFT_ALL: _("制限の一括解除"),
    ApprovalKind.POLICY_ACTIVATION: _("ポリシーの切り替え"),
    ApprovalKind.AUDIT_HOLD: _("監査ログの法的な保全"),
    ApprovalKind.AUDIT_PURGE: _("監査ログの削除"),
    ApprovalKind.KEY_EMERGENCY: _("署名鍵の緊急の取り替え"),
    ApprovalKind.CLIENT_SECRET: _("アプリの秘密の値の再発行"),
}
STATES: Final[dict[State, str]] = {
    State.WAITING: _("承認待ち"),
    State.APPROVED: _("承認され、実行された"),
    State.DECLINED: _("承認されなかった"),
    State.WITHDRAWN: _("取り下げられた"),
    State.EXPIRED: _("期限が過ぎた"),
    State.CHANGED: _("申請のあとに内容が変わったため、無効になった"),
    State.LAPSED: _("申請した人が申請できなくなったため、無効になった"),
    State.PERFORMED: _("緊急のため、一人で実行された"),
}
WHY: Final[dict[Why, str]] = {
    Why.OVER: _("この申請は、すでに決定されたか、終わっています。何も実行していません。"),
    Why.OTHER_CONTENT: _(
        "表示していた内容が、申請の内容と同じではありません。下の内容を確かめて、もう一度決定してください。"
    ),
    Why.SAME_PERSON: _("ご自分が申請したものは決定できません。ほかの人に依頼してください。"),
    Why.ABOUT_YOU: _("ご自分についての申請は決定できません。ほかの人に依頼してください。"),
    Why.SAME_SESSION: _("申請と同じログインでは決定できません。ほかの人に依頼してください。"),
    Why.SAME_BROWSER: _(
        "申請に使われたのと同じ端末では決定できません。ご自分の端末でログインしてください。"
    ),
    Why.UNKNOWN_BROWSER: _(
        "この端末を確かめられません。一度ログアウトして、ご自分の端末でログインし直してください。"
    ),
    Why.NO_PERMISSION: _("いまの役割では、この操作はできません。"),
    Why.NOT_YOURS: _("取り下げられるのは、申請した人だけです。"),
    Why.NO_BREAK_GLASS: _("この操作は、緊急のときも一人では行えません。承認を申請してください。"),
    Why.NO_REASON: _("理由を、500文字までの言葉で書いてください。改行は使えません。"),
    Why.TOO_LARGE: _("一度に申請できる量を超えています。分けて申請してください。"),
    Why.NOT_PLAIN: _("申請の内容を読み取れません。もう一度はじめから入力してください。"),
    Why.ERASED: _("この人の個人情報は消去されているため、実行できません。"),
}
FAILED: Final = _(
    "承認しましたが、いまは実行できないため、何も変わっていません。申請は承認待ちのままです。"
)
