"""What the room calls things: failures and their reasons, states of keys, who is ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from audit.names import EventName
from idp.key_rotation.readiness import NO, UNKNOWN, YES, Cause
from idp.policy.model import AuthMethod
from idp.web.i18n import mark as _
from idp.web.i18n import translate
from idp.web.organisation import Language
from keys.record import KeyState

FAILURES: Final[Mapping[str, str]] = {
    EventName.AUTHORIZATION_REFUSED: _("認可の要求を断った"),
    EventName.CLIENT_REFUSED: _("連携サービスを確認できなかった"),
    EventName.CODE_REPLAYED: _("認可コードが二度使われた"),
    EventName.LOGOUT_FAILED: _("ログアウトを知らせられなかった"),
    EventName.REFRESH_REPLAYED: _("更新トークンが二度使われた"),
    EventName.TOKEN_REFUSED: _("トークンを渡さなかった"),
}
WHY: Final[Mapping[str, str]] = {
    "wrong_secret": _("シークレットが違う"),
    "unknown": _("知らないコードまたはトークン"),
    "wrong_client": _("ほかの連携サービスのもの"),
    "expired": _("期限が過ぎた"),
    "replayed": _("使用済み"),
    "wrong_redirect_uri": _("戻り先のURLが違う"),
    "wrong_verifier": _("PKCEの確認が合わない"),
    "family_ended": _("組合員の利用が終わった"),
    "inactive": _("組合員が利用できない状態"),
    "scope_grew": _("認められた範囲を超えた"),
    "wrong_key": _("鍵が違う（DPoP）"),
    "login_required": _("ログインが必要"),
    "interaction_required": _("画面での操作が必要"),
    "consent_required": _("同意が必要"),
    "invalid_request": _("要求の形が正しくない"),
    "invalid_scope": _("登録されていない範囲"),
    "unauthorized_client": _("この連携サービスには認められていない"),
    "unsupported_response_type": _("扱わない応答の種類"),
    "access_denied": _("組合員が断った"),
    "temporarily_unavailable": _("混みあっていた"),
    "server_error": _("こちらの不具合"),
}
STATES: Final[Mapping[KeyState, str]] = {
    KeyState.ANNOUNCED: _("公開済み（まだ署名しない）"),
    KeyState.ACTIVE: _("署名に使用中"),
    KeyState.RETIRING: _("引退中（確認のために公開）"),
    KeyState.RETIRED: _("廃止"),
}
NEXT: Final[Mapping[str, str]] = {
    "activate": _("署名を始める"),
    "retire": _("次の鍵に替わる"),
    "unpublish": _("公開を終える"),
}
READY: Final[Mapping[str, str]] = {
    YES: _("取得済み"),
    NO: _("まだ取得していない"),
    UNKNOWN: _("分からない"),
}
HOW: Final[Mapping[str, str]] = {
    Cause.PUBLIC.value: _(
        "シークレットのない連携サービスのため、どの取得がそれによるものか分かりません。"
    ),
    Cause.NOT_SEEN.value: _("しばらく認証がないため、接続元が分かりません。"),
    Cause.LACKS.value: _("いつもの接続元から最後に取得された鍵の一覧に、この鍵がありません。"),
    Cause.NO_FETCH.value: _("いつもの接続元からの取得が、見当たりません。"),
    Cause.SHARED.value: _("取得がありましたが、ほかの連携サービスと同じ接続元です。"),
    Cause.FETCHED.value: _("いつもの接続元から、この鍵の入った一覧が取得されました。"),
}
METHODS: Final[Mapping[AuthMethod, str]] = {
    AuthMethod.CLIENT_SECRET_BASIC: _("シークレット（Basic）"),
    AuthMethod.CLIENT_SECRET_POST: _("シークレット（フォーム）"),
    AuthMethod.PRIVATE_KEY_JWT: _("鍵による署名（private_key_jwt）"),
    AuthMethod.NONE: _("なし（公開クライアント）"),
}
SOURCES: Final[Mapping[str, str]] = {
    "policy": _("方針（clients.toml）"),
    "added": _("この画面またはコマンドで登録"),
}


def failure_name(name: str, language: Language) -> str:
    """Name a kind of failure."""
    return translate(FAILURES.get(name, name), language)


def why_name(why: str, language: Language) -> str:
    """Name a reason; one that has no words of its own is shown as the log has it."""
    return translate(WHY[why], language) if why in WHY else why


def state_name(state: KeyState, language: Language) -> str:
    """Name a state of a key."""
    return translate(STATES[state], language)
