"""The access history in plain words: which events a member is shown, and what they are called.

Left out are steps that only machines take (codes, refreshed tokens, deliveries) and what another
entry says already. `%(service)s` is the name of the application.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audit.names import EventName
from idp.web.i18n import mark as _

TEXTS: Mapping[str, str] = {
    EventName.ACCOUNT_BLOCKED: _("ご利用が一時的に制限されました（アカウントブロック）"),
    EventName.ACCOUNT_CREATED: _("ご利用の登録をしました"),
    EventName.ACCOUNT_RESTORED: _("止めていたご利用が、ふたたび始まりました"),
    EventName.ACCOUNT_STOPPED: _("サービスのご利用を止めました"),
    EventName.ACCOUNT_UNBLOCKED: _("ご利用の制限が終わりました"),
    EventName.ADDRESS_CHANGED: _("ログイン用のメールアドレスを変更しました"),
    EventName.ADDRESS_CHANGE_REFUSED: _("メールアドレスの変更の確認ができませんでした"),
    EventName.ADDRESS_CHANGE_REQUESTED: _("ログイン用のメールアドレスの変更を申し込みました"),
    EventName.ADDRESS_CHANGE_UNDONE: _("ログイン用のメールアドレスを元に戻しました"),
    EventName.ADDRESS_CONFIRMED: _("メールアドレスの変更を、届いたメールで確認しました"),
    EventName.BLOCK_LIFTED: _("ログインの制限が解けました"),
    EventName.BLOCK_STARTED: _("失敗が続いたため、ログインを一部制限しました"),
    EventName.CASE_ENDED: _("お電話での受付が終わりました"),
    EventName.CASE_OPENED: _("あなたについてのお電話をお受けしました"),
    EventName.CASE_OUTCOME: _("お電話で、ご本人の確認のうえご案内しました"),
    EventName.CASE_PLANNED: _("お電話での変更のお申し込みが承認されました（まだ変わっていません）"),
    EventName.CASE_PROVEN: _("お電話で、ご本人の確認ができました"),
    EventName.CASE_REFUSED: _("お電話でのお手続きを、決まりによりお断りしました"),
    EventName.CASE_STOPPED: _("お電話での変更のお申し込みが、取りやめになりました"),
    EventName.CHANGE_APPROVED: _("変更のお手続きが済みました"),
    EventName.CHANGE_FILED: _("変更のお手続きを申し込みました"),
    EventName.CHANGE_REFUSED: _("変更のお手続きをお受けできませんでした"),
    EventName.CHANGE_WITHDRAWN: _("変更のお手続きを取り下げました"),
    EventName.CLAIMS_READ: _("「%(service)s」が、あなたの情報を受け取りました"),
    EventName.CODE_REPLAYED: _(
        "同じ受付が二度使われたため、安全のため「%(service)s」のご利用を終わりにしました"
    ),
    EventName.CONSENT_GIVEN: _("「%(service)s」に情報を渡すことを許可しました"),
    EventName.CONSENT_REFUSED: _("「%(service)s」に情報を渡すことを許可しませんでした"),
    EventName.CONSENT_REVOKED: _("「%(service)s」への情報の提供を取りやめました"),
    EventName.DATA_DOWNLOADED: _("ご自分の情報をダウンロードしました"),
    EventName.DEVICE_FORGOTTEN: _("覚えている端末の記録を消しました"),
    EventName.FACTOR_ADDED: _("ログインの確認方法を追加しました"),
    EventName.FACTOR_REFUSED: _("認証コードなどの確認ができませんでした"),
    EventName.FACTOR_REMOVED: _("ログインの確認方法を取り消しました"),
    EventName.MAIL_BOUNCED: _("お送りしたメールが届きませんでした"),
    EventName.MEMBER_UPDATED: _("ご登録の内容が更新されました"),
    EventName.MEMBER_VIEWED: _("職員が、あなたのご登録の内容を見ました"),
    EventName.NOTICE_SENT: _("ご利用の終わる日をお知らせしました"),
    EventName.PASSWORD_RESET_REFUSED: _("パスワードの再設定の確認ができませんでした"),
    EventName.PASSWORD_RESET_REQUESTED: _("パスワードの再設定を申し込みました"),
    EventName.PASSWORD_SET: _("パスワードを変更しました"),
    EventName.RECOVERY_CODES_DRAWN: _("予備コードを作りました"),
    EventName.REFRESH_REPLAYED: _(
        "古い鍵がもう一度使われたため、安全のため「%(service)s」のご利用を終わりにしました"
    ),
    EventName.SESSION_CONTESTED: _("「心当たりがない」とお知らせいただきました"),
    EventName.SESSION_ENDED: _("ログインが終わりました"),
    EventName.SESSION_REAUTHENTICATED: _("もう一度ご本人の確認をしました"),
    EventName.SESSION_REAUTHENTICATION_REFUSED: _("もう一度のご本人の確認ができませんでした"),
    EventName.SESSION_STARTED: _("ログインしました"),
    EventName.SIGN_IN_LIMITED: _("失敗が続いたため、ログインを受け付けませんでした"),
    EventName.SIGN_IN_REFUSED: _("ログインできませんでした"),
    EventName.TOKEN_ISSUED: _("「%(service)s」の利用を始めました"),
    EventName.VERIFICATION_CODE_SENT: _("認証コードをメールでお送りしました"),
}

NEVER_CONTESTED = frozenset({EventName.SESSION_CONTESTED, EventName.NOTICE_SENT})
"""What only we do, or the member just did."""

END_REASONS: Mapping[str, str] = {
    "signed_out": _("ログアウトしたか、ほかの手続きに伴って終わりました"),
    "expired": _("時間が過ぎたため"),
    "service_stopped": _("サービスのご利用を止めたため"),
    "membership_ended": _("組合員資格が終わったため"),
    "blocked": _("ご利用が制限されたため"),
}
MEANS: Mapping[str, str] = {
    "pwd": _("パスワード"),
    "otp": _("認証アプリの認証コード"),
    "email": _("メールの認証コード"),
    "pop": _("パスキー"),
}
REFUSALS: Mapping[str, str] = {
    "wrong_password": _("パスワードが違いました"),
    "password_changed": _("パスワードが変わった直後でした"),
    "service_stopped": _("サービスのご利用が止まっていました"),
    "membership_ended": _("組合員資格が終わっていました"),
    "blocked": _("ご利用が制限されていました"),
}
ROLES: Mapping[str, str] = {
    "clerk": _("登録内容の事務担当"),
    "helpdesk": _("お電話での受付の担当"),
    "administrator": _("システムの管理担当"),
    "auditor": _("監査の担当"),
}
STAFF = frozenset({"staff", "operator"})
UNNAMED_ROLE = _("組合の事務担当")


CASE_ENDS: Mapping[str, str] = {
    "failed": _("ご本人の確認ができなかったため"),
    "expired": _("時間が過ぎたため"),
}
CASE_OUTCOMES: Mapping[str, str] = {
    "masked": _("ログイン用のメールアドレスを、一部を伏せてお伝えしました"),
    "reset": _("パスワードの再設定のご案内を、ご登録のメールアドレスへお送りしました"),
    "explain": _("受付番号について、ご説明しました"),
    "disclose": _("ログイン用のメールアドレスを、すべてお伝えしました"),
    "address": _("メールアドレスの変更のお申し込みを、別の職員の承認へ回しました"),
    "factor": _("ログインの確認方法の取り消しのお申し込みを、別の職員の承認へ回しました"),
}


def because(name: EventName, data: Mapping[str, Any]) -> str | None:
    """Give the reason of an event as a marked message, None where there is none to tell."""
    if name is EventName.SESSION_ENDED:
        return END_REASONS.get(str(data.get("reason")))
    if name is EventName.SIGN_IN_REFUSED:
        return REFUSALS.get(str(data.get("why")))
    if name is EventName.CASE_ENDED:
        return CASE_ENDS.get(str(data.get("end")))
    if name is EventName.CASE_OUTCOME:
        return CASE_OUTCOMES.get(str(data.get("outcome")))
    return None


def means(data: Mapping[str, Any]) -> list[str]:
    """Name how somebody signed in, as marked messages."""
    shown = data.get("amr")
    return [MEANS[one] for one in shown if one in MEANS] if isinstance(shown, list) else []


def role(kind: str, name: str | None) -> str | None:
    """Name the role of a member of the staff as a marked message; None for everybody else."""
    return ROLES.get(name or "", UNNAMED_ROLE) if kind in STAFF else None
