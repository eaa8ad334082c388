"""What the room calls things: causes, who is stopped, attacks, alerts, states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from idp.block_room.model import RehearsalState
from idp.blocks.model import Kind, Scope
from idp.policy.model import LimitName
from idp.weather.model import Attack
from idp.web.i18n import mark as _
from idp.web.i18n import translate
from idp.web.organisation import Language

CAUSES: Final[Mapping[LimitName | None, str]] = {
    LimitName.PASSWORD_FROM_UNKNOWN_DEVICE: _("パスワードの誤り（はじめての端末）"),
    LimitName.PASSWORD_FROM_KNOWN_DEVICE: _("パスワードの誤り（ログインしたことのある端末）"),
    LimitName.CLIENT_SECRET: _("連携サービスのシークレットの誤り"),
    LimitName.MAILED_CODE: _("メールの認証コードの誤り"),
    LimitName.RESET_CODES_OF_ACCOUNT: _("再設定の認証コードの誤り"),
    LimitName.INVITATION: _("登録コードの誤り"),
    LimitName.TOTP: _("認証アプリの認証コードの誤り"),
    LimitName.RECOVERY_CODE: _("予備コードの誤り"),
    LimitName.PASSKEY: _("パスキーの確認の失敗"),
    LimitName.REAUTHENTICATION: _("ログイン中の確認の誤り"),
    LimitName.STAFF_PASSWORD_FROM_UNKNOWN_DEVICE: _("職員のパスワードの誤り（はじめての端末）"),
    LimitName.STAFF_PASSWORD_FROM_KNOWN_DEVICE: _(
        "職員のパスワードの誤り（ログインしたことのある端末）"
    ),
    LimitName.STAFF_TOTP: _("職員の認証コードの誤り"),
    LimitName.STAFF_ENROLMENT: _("職員の設定リンクの誤り"),
    LimitName.SCIM_TOKEN: _("名簿連携のトークンの誤り"),
    LimitName.MAILS_PER_MAILBOX: _("ひとつの宛先へのメール"),
    LimitName.PROVING_MAILS_PER_MAILBOX: _("ひとつの宛先への確認メール"),
    LimitName.MAILS_PER_ADDRESS: _("ひとつの接続元からのメール"),
    LimitName.FAILURES_PER_ADDRESS: _("ひとつの接続元からの失敗"),
    LimitName.FAILURES_PER_NETWORK: _("ひとつのネットワークからの失敗"),
    LimitName.CONSECUTIVE_FAILURES: _("続けての誤り（すべての端末）"),
    LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS: _("続けての誤り（はじめての端末）"),
    None: _("事務局による制限"),
}
SCOPES: Final[Mapping[Scope, str]] = {
    Scope.EVERYONE: _("すべての端末"),
    Scope.STRANGERS: _("はじめての端末"),
    Scope.DEVICE: _("その端末だけ"),
}
KINDS: Final[Mapping[Kind, str]] = {
    Kind.ACCOUNT: _("アカウント"),
    Kind.AUTHENTICATOR: _("パスワードまたは認証アプリ"),
    Kind.ADDRESS: _("接続元"),
    Kind.DEVICE: _("端末"),
    Kind.MAILBOX: _("メールの宛先"),
}
ATTACKS: Final[Mapping[str, str]] = {
    Attack.SINGLE_TARGET.value: _("ひとつのアカウントへの集中した試行"),
    Attack.SPRAY.value: _("ひとつの接続元から、多数のアカウントへの試行"),
    Attack.STUFFING.value: _("多数の接続元から、多数のアカウントへの試行"),
    Attack.MAIL_BOMBING.value: _("メールの大量送信"),
}
ALERTS: Final[Mapping[str, str]] = {
    "sealing_lag": _("監査ログの封印が遅れている"),
    "log_gap": _("監査ログに欠けがある"),
    "clock_offset": _("時計がずれている"),
    "look_ups": _("職員の閲覧がふだんより多い"),
    "large_export": _("大きな書き出しがあった"),
    "attack": _("攻撃と見られる動きがある"),
    "canary": _("監視用のログインに失敗した"),
}
STATES: Final[Mapping[RehearsalState, str]] = {
    RehearsalState.WAITING: _("順番を待っています"),
    RehearsalState.RUNNING: _("予行しています"),
    RehearsalState.DONE: _("予行が終わりました"),
    RehearsalState.FAILED: _("予行できませんでした"),
}
GROUPS: Final = (
    _("組合員のアカウント"),
    _("職員用アカウント"),
    _("接続元"),
    _("事務局による制限"),
)


def cause(rule: LimitName | None, language: Language) -> str:
    """Name a cause."""
    return translate(CAUSES[rule], language)
