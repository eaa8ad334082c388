"""The log in plain words: one sentence for each event name, and who, from where, about whom.

For auditors and security staff: the sentences say what happened, not whom to call. What a member is
told about their own account is `idp.selfservice.history_texts`'.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from audit import instant
from audit.names import EventName
from idp.audit_search.model import address_of
from idp.web.i18n import japan_moment, translate
from idp.web.i18n import mark as _
from idp.web.organisation import Language

SENTENCES: Mapping[str, str] = {
    EventName.ACCOUNT_BLOCKED: _("アカウントの利用が制限された"),
    EventName.ACCOUNT_CREATED: _("組合員が登録し、アカウントが作られた"),
    EventName.ACCOUNT_RESTORED: _("止められていたアカウントが、ふたたび使えるようになった"),
    EventName.ACCOUNT_STOPPED: _("アカウントの利用が止められた"),
    EventName.ACCOUNT_UNBLOCKED: _("アカウントの利用の制限が終わった"),
    EventName.ADDRESS_CHANGED: _("ログイン用のメールアドレスが変わった"),
    EventName.ADDRESS_CHANGE_REFUSED: _("メールアドレスの変更の確認ができなかった"),
    EventName.ADDRESS_CHANGE_REQUESTED: _("メールアドレスの変更が申し込まれた"),
    EventName.ADDRESS_CHANGE_UNDONE: _("メールアドレスの変更が取り消され、元に戻った"),
    EventName.ADDRESS_CONFIRMED: _("メールアドレスの変更が、届いたメールで確認された"),
    EventName.ADMIN_ACTED: _("プログラムが管理APIで操作をした"),
    EventName.ADMIN_REFUSED: _("プログラムの管理APIの呼び出しが断られた"),
    EventName.ALERT_ENDED: _("知らせていた異常が収まった"),
    EventName.ALERT_RAISED: _("異常が見つかり、担当者に知らせた"),
    EventName.APPROVAL_DECLINED: _("もう一人の担当者が、申請を認めなかった"),
    EventName.APPROVAL_GIVEN: _("もう一人の担当者が、申請を承認した"),
    EventName.APPROVAL_OVER: _("申請が、決定のないまま終わった"),
    EventName.APPROVAL_REFUSED: _("申請について決める権限のない操作、または遅れた操作が断られた"),
    EventName.APPROVAL_REQUESTED: _("もう一人の承認が要る操作が申請された"),
    EventName.APPROVAL_VIEWED: _("申請の内容が閲覧された"),
    EventName.APPROVAL_WITHDRAWN: _("申請が、申請した人によって取り下げられた"),
    EventName.ATTACK_ENDED: _("攻撃が収まった"),
    EventName.ATTACK_RECOGNISED: _("攻撃と見られる動きがあった"),
    EventName.ATTEMPT_ABANDONED: _("確認の途中で処理が止まり、その試みは失敗として数えられた"),
    EventName.AUDIT_EXPORTED: _("監査記録が書き出された"),
    EventName.AUDIT_PURGED: _("保存期間の過ぎた監査記録の本文が削除された"),
    EventName.AUDIT_SEARCHED: _("監査記録が検索された"),
    EventName.AUDIT_VERIFIED: _("監査記録が検証された"),
    EventName.AUDIT_VIEWED: _("監査記録の詳細や経過が閲覧された"),
    EventName.AUTHORIZATION_REFUSED: _("連携サービスからのログインの依頼が断られた"),
    EventName.BACKUP_BEGUN: _("バックアップが始められた"),
    EventName.BACKUP_MADE: _("バックアップが作られた"),
    EventName.BACKUP_RESTORED: _("バックアップから復元された"),
    EventName.BLOCK_LIFTED: _("ログインの制限が解かれた"),
    EventName.BLOCK_STARTED: _("失敗が続いたため、ログインの制限が始まった"),
    EventName.BREAK_GLASS_REVIEWED: _("緊急の操作を、別の担当者が点検した"),
    EventName.BREAK_GLASS_USED: _("二人で行うべき操作が、緊急のため一人で行われた"),
    EventName.CASE_ANSWERED: _("電話の相手が、本人確認の質問に答えた"),
    EventName.CASE_CALLED_BACK: _("登録の電話番号への折り返しが行われた"),
    EventName.CASE_ENDED: _("電話のケースが終わった"),
    EventName.CASE_OPENED: _("電話のケースが始まった"),
    EventName.CASE_OUTCOME: _("電話の相手に、確認の結果としてのご案内をした"),
    EventName.CASE_PLANNED: _("電話での変更が決まり、待ち時間に入った"),
    EventName.CASE_PROVEN: _("電話の相手の本人確認が済んだ"),
    EventName.CASE_REFUSED: _("電話のケースで、決まりにより断られた"),
    EventName.CASE_SEARCHED: _("職員が電話のために組合員を探した"),
    EventName.CASE_STOPPED: _("待ち時間のあいだに、電話での変更が取りやめになった"),
    EventName.CASE_VIEWED: _("職員が電話のケースを見た"),
    EventName.CHANGE_APPROVED: _("変更の申し込みが承認された"),
    EventName.CHANGE_FILED: _("変更が申し込まれた"),
    EventName.CHANGE_REFUSED: _("変更の申し込みが断られた"),
    EventName.CHANGE_WITHDRAWN: _("変更の申し込みが取り下げられた"),
    EventName.CLAIMS_READ: _("連携サービスが組合員の情報を読み取った"),
    EventName.CLIENT_ADDED: _("連携サービスが登録された"),
    EventName.CLIENT_CHANGED: _("連携サービスの登録内容が変更された"),
    EventName.CLIENT_REFUSED: _("連携サービスの認証が失敗した"),
    EventName.CLIENT_REMOVED: _("連携サービスの登録が取り消された"),
    EventName.CLIENT_SECRET_ALLOWED: _("連携サービスのシークレットを作り直すことが認められた"),
    EventName.CLIENT_SECRET_RESET: _("連携サービスのシークレットが作り直された"),
    EventName.CLIENT_TOKEN_ISSUED: _("連携サービス自身のためのトークンが発行された"),
    EventName.CLOCK_STEPPED: _("サーバーの時計が戻った"),
    EventName.CODE_ISSUED: _("認可コードが発行された"),
    EventName.CODE_REPLAYED: _("使用済みの認可コードがもう一度使われた"),
    EventName.CONSENT_GIVEN: _("情報の提供が同意された"),
    EventName.CONSENT_REFUSED: _("情報の提供が同意されなかった"),
    EventName.CONSENT_REVOKED: _("情報の提供への同意が取り消された"),
    EventName.DATA_DOWNLOADED: _("組合員が自分の情報をダウンロードした"),
    EventName.DEVICE_FORGOTTEN: _("覚えていた端末の記録が消された"),
    EventName.EXPORT_MADE: _("職員が組合員の一覧を書き出した"),
    EventName.FACTOR_ADDED: _("ログインの確認方法が追加された"),
    EventName.FACTOR_REFUSED: _("追加の確認が失敗したか、制限された"),
    EventName.FACTOR_REMOVED: _("ログインの確認方法が取り消された"),
    EventName.FLOOD_COUNTED: _("同じ接続元からの多数の失敗が、まとめて記録された"),
    EventName.GRANT_REVOKED: _("連携サービスへの許可とトークンが終わった"),
    EventName.HOLD_LIFTED: _("記録の保全が解かれた"),
    EventName.HOLD_PLACED: _("記録の保全が始まった（期限が過ぎても削除しない）"),
    EventName.INVITATION_ISSUED: _("組合員が登録へ招待された"),
    EventName.INVITATION_PRINTED: _("登録コードの手紙が印刷された"),
    EventName.INVITATION_REFUSED: _("登録コードの確認ができなかった"),
    EventName.INVITATION_WITHDRAWN: _("招待が取り下げられた"),
    EventName.KEY_ACTIVATED: _("署名鍵が使われはじめた"),
    EventName.KEY_ANNOUNCED: _("次の署名鍵が公開された"),
    EventName.KEY_COMPROMISED: _("署名鍵が危険と宣言され、取り下げられた"),
    EventName.KEY_RETIRED: _("署名鍵が公開の一覧から外れた"),
    EventName.KEY_RETIRING: _("署名鍵が署名を終えた"),
    EventName.LEGACY_IMPORTED: _("以前のポータルのアカウントが取り込まれた"),
    EventName.LIMIT_DEGRADED: _("制限の記録先に届かず、決められた答えが使われた"),
    EventName.LOG_FORKED: _("以前の状態から記録が続けられた（間の記録は失われた）"),
    EventName.LOGOUT_DELIVERED: _("連携サービスにログアウトが伝わった"),
    EventName.LOGOUT_FAILED: _("連携サービスにログアウトを伝えられなかった"),
    EventName.MAILBOX_CLEARED: _("届かないとされた宛先に、ふたたびメールを送るようになった"),
    EventName.MAIL_BOUNCED: _("メールが届かなかった"),
    EventName.MAIL_FAILED: _("メールを送れなかった"),
    EventName.MAIL_SENT: _("メールが送られた"),
    EventName.MASTER_KEY_REWRAPPED: _("保存された秘密が、新しいマスターキーで包み直された"),
    EventName.MEMBER_CREATED: _("組合員が名簿に加わった"),
    EventName.MEMBER_IMPORTED: _("名簿の取り込みで、組合員の記録が入った"),
    EventName.MEMBER_UPDATED: _("組合員の記録が変わった"),
    EventName.MEMBER_VIEWED: _("職員が組合員の記録を見た"),
    EventName.NOTICE_SENT: _("利用の終わる日が知らされた"),
    EventName.PASSWORD_REHASHED: _("パスワードの保管方法が新しくなった"),
    EventName.PASSWORD_RESET_REFUSED: _("パスワードの再設定の確認ができなかった"),
    EventName.PASSWORD_RESET_REQUESTED: _("パスワードの再設定が申し込まれた"),
    EventName.PASSWORD_SET: _("パスワードが設定または変更された"),
    EventName.PERMISSION_REFUSED: _("職員が、役割で許されないページを開こうとした"),
    EventName.POLICY_ACTIVATED: _("方針が有効になった"),
    EventName.POLICY_REFUSED: _("方針が受け付けられなかった"),
    EventName.POLICY_REHEARSED: _("変更した方針が提案された（制限は予行する）"),
    EventName.RECOVERY_CODES_DRAWN: _("予備コードが作られた"),
    EventName.REFRESH_REPLAYED: _("使用済みの更新トークンがもう一度使われた"),
    EventName.REFRESH_ROTATED: _("更新トークンが新しいものに替わった"),
    EventName.REGISTER_FILE_DROPPED: _("名簿のファイルが、取り込まれずに終わった"),
    EventName.REGISTER_IMPORTED: _("名簿がまとめて取り込まれた"),
    EventName.REGISTER_IMPORT_ACCEPTED: _("名簿の取り込みが受け付けられた"),
    EventName.REGISTER_IMPORT_STOPPED: _("名簿の取り込みが途中で止まった"),
    EventName.REGISTER_LISTED: _("職員が組合員の一覧を見た"),
    EventName.REGISTER_UPLOADED: _("名簿のファイルが届いた（名簿は変わっていない）"),
    EventName.REGISTER_WITHDRAWAL_UNDONE: _("脱退の記録が取り消された"),
    EventName.REGISTER_WITHDRAWN: _("脱退がまとめて記録された"),
    EventName.REGISTRATION_REFUSED: _("登録の手続きの一段階が断られた"),
    EventName.REGISTRATION_STARTED: _("登録の手続きが始まった"),
    EventName.REQUEST_PUSHED: _("連携サービスがログインの依頼を預けた"),
    EventName.REVIEW_RETIRED: _("保存された点検が終わりになった"),
    EventName.REVIEW_SAVED: _("点検が保存された"),
    EventName.REVIEW_SIGNED: _("点検の結果に署名された"),
    EventName.SCIM_REFUSED: _("基幹システムからの接続が断られた"),
    EventName.SCIM_TOKEN_ADDED: _("基幹システム用のトークンが作られた"),
    EventName.SCIM_TOKEN_ENDED: _("基幹システム用のトークンが終わった"),
    EventName.SESSION_CONTESTED: _("組合員が「心当たりがない」と知らせた"),
    EventName.SESSION_ENDED: _("セッションが終わった"),
    EventName.SESSION_REAUTHENTICATED: _("もう一度、本人の確認が行われた"),
    EventName.SESSION_REAUTHENTICATION_REFUSED: _("もう一度の本人の確認ができなかった"),
    EventName.SESSION_STARTED: _("ログインした"),
    EventName.SIGN_IN_CONTINUED: _("パスワードが合い、追加の確認が求められた"),
    EventName.SIGN_IN_LIMITED: _("制限のため、ログインの試みが確かめられずに断られた"),
    EventName.SIGN_IN_REFUSED: _("ログインが断られた"),
    EventName.STAFF_ADDED: _("職員のアカウントが作られた"),
    EventName.STAFF_ENDED: _("職員のアカウントが終わった"),
    EventName.STAFF_ENROLLED: _("職員がパスワードと認証アプリを設定した"),
    EventName.STAFF_ENROLMENT_ISSUED: _("職員のアカウントを設定するリンクが作られた"),
    EventName.STAFF_ENROLMENT_REFUSED: _("職員のアカウントの設定が断られた"),
    EventName.STAFF_LISTED: _("職員の一覧が見られた"),
    EventName.STAFF_ROLE_GRANTED: _("職員に役割が与えられた"),
    EventName.STAFF_ROLE_REVOKED: _("職員の役割が取り上げられた"),
    EventName.PERSON_ERASED: _("個人の鍵が破棄され、その人の情報は読めなくなった"),
    EventName.SYSTEM_STARTED: _("プログラムが起動した"),
    EventName.TOKEN_ISSUED: _("連携サービスにトークンが発行された"),
    EventName.TOKEN_REFUSED: _("トークンの依頼が断られた"),
    EventName.TOKEN_REVOKED: _("連携サービスがトークンを返した"),
    EventName.VERIFICATION_CODE_SENT: _("認証コードが送られた"),
}

NOBODY: Mapping[str, str] = {}
ACTORS: Mapping[str, str] = {
    "member": _("本人"),
    "staff": _("職員のひとり"),
    "operator": _("管理の担当（コマンド）"),
    "client": _("連携サービス"),
    "core": _("基幹システム"),
    "system": _("システム"),
}
UNKNOWN = _("不明")
OUTCOMES: Mapping[str, str] = {"refused": _("（断られた）"), "failed": _("（失敗した）")}
OUTCOME_NAMES: Mapping[str, str] = {
    "done": _("行われた"),
    "refused": _("断られた"),
    "failed": _("失敗した"),
}
SAID_BY_NAME = ("refused", "failed", "limited", "bounced", "replayed", "abandoned")
BY, ABOUT = _("行為者: %(who)s"), _("対象: %(who)s")
AT_CLIENT, FROM = _("連携サービス: %(which)s"), _("接続元: %(address)s")
REFERENCE, CASE = _("受付番号: %(code)s"), _("ケース: %(case)s")
REASON = _("理由: %(reason)s")


def sentence(event: Mapping[str, Any], language: Language) -> str:
    """Say what happened, and that it was refused or failed."""
    said = SENTENCES.get(event["name"], event["name"])
    says_so = event["name"].endswith(SAID_BY_NAME)
    outcome = None if says_so else OUTCOMES.get(event["outcome"])
    gap = " " if language == "en" else ""
    text = translate(said, language)
    return f"{text}{gap}{translate(outcome, language)}" if outcome else text


def details(event: Mapping[str, Any], language: Language) -> list[str]:
    """Say by whom, about whom, at which relying party, from where, and why; what there is."""
    data = event.get("data") or {}
    about = event.get("subject") if event.get("subject") != event["actor"].get("id") else None
    parts: list[tuple[str, str, object]] = [
        (BY, "who", who(event, language)),
        (ABOUT, "who", about),
        (AT_CLIENT, "which", event.get("client")),
        (FROM, "address", address_of(event)),
        (CASE, "case", event.get("case")),
        (REFERENCE, "code", data.get("reference")),
        (REASON, "reason", data.get("reason")),
    ]
    return [
        translate(text, language) % {name: value}
        for text, name, value in parts
        if isinstance(value, str) and value
    ]


def who(event: Mapping[str, Any], language: Language, staff: Mapping[str, str] = NOBODY) -> str:
    """Name who acted: the kind in words, the id, the role acted in; of the staff the name, too."""
    actor = event["actor"]
    kind = translate(ACTORS.get(actor["kind"], UNKNOWN), language)
    named = staff.get(actor.get("id", "")) if actor["kind"] == "staff" else None
    inside = ", ".join(one for one in (named, actor.get("id"), actor.get("role")) if one)
    return f"{kind} ({inside})" if inside else kind


def moment(event: Mapping[str, Any], language: Language) -> str:
    """Write when it occurred, in Japan, to the minute."""
    return japan_moment(occurred_at(event), language)


def occurred_at(event: Mapping[str, Any]) -> datetime:
    """Read when it occurred."""
    return instant.from_text(event["occurred_at"])
