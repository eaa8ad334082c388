"""The words of the desk for what is kept as a name; English in `register_desk.po`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from idp.register_desk.change_queue import Due
from idp.register_desk.file_model import FileState, Why
from idp.register_desk.withdrawal_model import Trouble
from idp.web.i18n import mark as _

STANDINGS: Final[Mapping[str, str]] = {
    "applicant": _("加入手続き中"),
    "member": _("組合員"),
    "leaving": _("脱退予定"),
    "former": _("元組合員"),
}
ACCOUNTS: Final[Mapping[str, str]] = {
    "none": _("未登録"),
    "active": _("利用中"),
    "stopped": _("サービス停止"),
    "blocked": _("管理者による利用停止"),
}
EMPLOYMENTS: Final[Mapping[str, str]] = {"working": _("現職"), "retired": _("退職")}
DUES: Final[Mapping[Due, str]] = {
    Due.LATE: _("期限を過ぎています"),
    Due.TODAY: _("今日が期限"),
    Due.LATER: _("期限まで余裕があります"),
    Due.DECIDED: _("終わったもの"),
}
MOMENTS: Final[Mapping[str, str]] = {
    "names": _("お名前の登録が変わった"),
    "addresses": _("住所の登録が変わった"),
    "phones": _("電話番号の登録が変わった"),
    "capital_paid_on": _("出資金の入金"),
    "withdrawal_accepted_on": _("脱退届の受理"),
    "refund_planned_on": _("出資金の返還予定（この日から利用できなくなる）"),
    "capital_refunded_on": _("出資金の返還（この日から利用できない）"),
    "change_filed": _("変更のお手続きが届いた"),
    "change_approved": _("変更のお手続きを認めた"),
    "change_refused": _("変更のお手続きを断った"),
    "change_withdrawn": _("変更のお手続きが取り下げられた"),
    "invited": _("登録のご案内を作った"),
    "printed": _("登録のご案内の手紙を印刷した"),
    "registered": _("登録が済んだ"),
    "invitation_ended": _("登録のご案内が終わった"),
    "account_blocked": _("管理者による利用停止が始まった"),
    "account_stopped": _("ご本人がサービスを停止した"),
}
SENT_BY: Final[Mapping[str, str]] = {"mail": _("メール"), "letter": _("手紙")}
ENDED: Final[Mapping[str, str]] = {
    "replaced": _("新しいご案内に替わった"),
    "withdrawn": _("職員が取り消した"),
    "not_a_member": _("組合員ではなくなった"),
}
INVITATIONS: Final[Mapping[str, str]] = {
    "to_print": _("印刷を待っています"),
    "pending": _("登録を待っています"),
    "expired": _("期限が切れました"),
    "used": _("登録が済んだ"),
    "ended": _("終わりました"),
}
FILES: Final[Mapping[FileState, str]] = {
    FileState.READING: _("名簿と比べています"),
    FileState.FAULTY: _("読めない行があります"),
    FileState.READY: _("取り込めます"),
    FileState.WAITING: _("もう一人の承認を待っています"),
    FileState.ACCEPTED: _("取り込んでいます"),
    FileState.DONE: _("取り込みが終わりました"),
    FileState.STOPPED: _("途中で止まりました"),
    FileState.DROPPED: _("取り込まずに終わりました"),
}
WHY: Final[Mapping[Why, str]] = {
    Why.TAKEN_BACK: _("取りやめました。名簿は変わっていません。"),
    Why.NOT_SENT_ON: _("期限までに取り込みが指示されませんでした。名簿は変わっていません。"),
    Why.NOT_APPROVED: _("承認されませんでした。名簿は変わっていません。"),
    Why.REGISTER_CHANGED: _(
        "確認のあとに、このファイルが変えるはずの組合員の登録が変わりました。"
        "ファイルをもう一度お送りになり、違いを確かめてください。"
    ),
    Why.UNREADABLE: _(
        "保管していたファイルが、受け取ったときのものではありません。"
        "ファイルをもう一度お送りになり、システムの管理者にお知らせください。"
    ),
}
TROUBLES: Final[Mapping[Trouble, str]] = {
    Trouble.NOT_A_NUMBER: _("8桁の組合員番号ではありません。番号を直してください。"),
    Trouble.UNKNOWN: _("この番号の組合員は名簿にいません。番号を確かめてください。"),
    Trouble.NOT_PAID: _("出資金の入金が記録されていないため、脱退を記録できません。"),
    Trouble.BEFORE_PAYMENT: _("日付が出資金の入金日より前です。日付を確かめてください。"),
    Trouble.REFUNDED: _("出資金の返還が済んでいます。一覧から除いてください。"),
    Trouble.SAME: _("すでにこのとおり記録されています（除いて進みます）。"),
}
FIELDS: Final[Mapping[str, str]] = {
    "new": _("新しい組合員"),
    "name": _("お名前"),
    "address": _("住所"),
    "phone": _("電話番号"),
    "birth_on": _("生年月日"),
    "employment": _("勤務状況"),
    "workplace": _("勤務先"),
    "email": _("メールアドレス"),
    "capital_paid_on": _("出資金入金日"),
    "withdrawal_accepted_on": _("脱退届受理日"),
    "refund_planned_on": _("出資金の返還予定日"),
    "capital_refunded_on": _("出資金返還日"),
}
"""Fields of the register as a change of it names them."""
