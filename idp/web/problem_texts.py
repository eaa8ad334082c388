"""What people read when something cannot go on: constants, by error code.

Nothing here is ever built from input or from an exception; the words are those of
`translations/en/` in English. Other packages add their codes through `problems.register`.
"""

from dataclasses import dataclass

from idp.web.i18n import mark as _


@dataclass(frozen=True)
class Problem:
    """A steady title, what happened, and what to do next."""

    title: str
    text: str
    advice: str


_UNREADABLE = _("送られた内容を読み取れませんでした")
_RETRY_FORM = _("前のページに戻り、読み込み直してから、もう一度お試しください。")
_RETRY_SERVICE = _("ご利用のサービスの最初のページに戻り、もう一度お試しください。")
_RETRY_LATER = _("しばらくたってから、もう一度お試しください。")
_SERVICE_AT_FAULT = _("このサービスからのログインを受け付けられません")

PROBLEMS: dict[str, Problem] = {
    "error": Problem(
        _("手続きを完了できませんでした"),
        _(
            "こちらのシステムで思いがけない問題が起きました。ご入力に誤りがあったわけではありません。"
        ),
        _RETRY_LATER,
    ),
    "unavailable": Problem(
        _("ただいま手続きを受け付けられません"),
        _("システムの一部が一時的に応答していません。お手続きはまだ行われていません。"),
        _RETRY_LATER,
    ),
    "not_found": Problem(
        _("ページが見つかりません"),
        _("お探しのページは、ないか、移動しました。"),
        _("アドレスをお確かめになるか、ご利用のサービスの最初のページからお進みください。"),
    ),
    "sign_in_over": Problem(
        _("このログインのお手続きは終わっています"),
        _("時間が過ぎたか、別の画面で先に進んだようです。"),
        _("ログインのページから、もう一度はじめてください。"),
    ),
    "forbidden": Problem(
        _("このページはご覧いただけません"),
        _("このページを開くための権限がありません。"),
        _RETRY_SERVICE,
    ),
    "method_not_allowed": Problem(
        _("このページはこの方法では開けません"),
        _("ページの読み込み直しや「戻る」の操作で、途中のページが開かれたようです。"),
        _RETRY_SERVICE,
    ),
    "bad_request": Problem(
        _UNREADABLE,
        _("必要な項目が足りないか、形式が正しくありません。"),
        _RETRY_SERVICE,
    ),
    "repeated_field": Problem(
        _UNREADABLE, _("同じ項目が二度送られました。お手続きは行われていません。"), _RETRY_FORM
    ),
    "bad_encoding": Problem(
        _UNREADABLE,
        _("使えない文字が含まれています。お手続きは行われていません。"),
        _RETRY_FORM,
    ),
    "field_too_long": Problem(
        _UNREADABLE, _("入力された文字が長すぎます。お手続きは行われていません。"), _RETRY_FORM
    ),
    "body_too_large": Problem(
        _("送られた内容が大きすぎます"),
        _("一度に受け取れる大きさを超えています。お手続きは行われていません。"),
        _RETRY_FORM,
    ),
    "unsupported_media_type": Problem(
        _("送られた形式を受け取れません"),
        _("このページは、ファイルや圧縮された内容を受け取りません。お手続きは行われていません。"),
        _RETRY_FORM,
    ),
    "forged_request": Problem(
        _("もう一度お試しください"),
        _(
            "ページを開いてから時間がたったか、ブラウザーのクッキーが使えないため、"
            "安全のため手続きを進めませんでした。"
        ),
        _(
            "前のページに戻り、読み込み直してからお試しください。続くときは、クッキーの設定をお確かめください。"
        ),
    ),
    "unknown_client": Problem(
        _SERVICE_AT_FAULT,
        _("ログインを求めたサービスが、こちらに登録されていません。"),
        _("アドレスをお確かめのうえ、ご利用のサービスの最初のページからお進みください。"),
    ),
    "bad_redirect_uri": Problem(
        _SERVICE_AT_FAULT,
        _("ログイン後の戻り先が、こちらに登録されたものと異なります。安全のため移動しません。"),
        _RETRY_SERVICE,
    ),
    "invalid_request_uri": Problem(
        _("ログインの受付が終わりました"),
        _(
            "サービスからの申し込みが、すでに使われたか、時間が過ぎたか、こちらでは分からないものです。"
        ),
        _RETRY_SERVICE,
    ),
    "request_ended": Problem(
        _("ログインの受付が終わりました"),
        _(
            "ページを開いてから時間がたったか、別のブラウザーで開かれたため、続きから進められません。"
        ),
        _RETRY_SERVICE,
    ),
    "stale_session": Problem(
        _("もう一度ログインしてください"),
        _("ログインの有効な時間が過ぎたか、すでにログアウトしています。"),
        _RETRY_SERVICE,
    ),
    "replayed": Problem(
        _("この手続きはすでに済んでいます"),
        _("同じ内容がもう一度送られました。二度は行われません。"),
        _RETRY_SERVICE,
    ),
    "too_many_requests": Problem(
        _("少し間をおいてください"),
        _("短い時間にたくさんのご利用がありました。"),
        _RETRY_LATER,
    ),
}

_BY_STATUS = {
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    503: "unavailable",
}


def code_for_status(status: int) -> str:
    """Name the problem that fits a status for which no better code is known."""
    return _BY_STATUS.get(status, "bad_request" if status < 500 else "error")
