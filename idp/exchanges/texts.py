"""Why an exchange failed, in words for a developer: constants, by the code of the reason."""

from idp.web.i18n import mark as _

TEXTS: dict[str, str] = {
    "unknown_client": _("この client_id は登録されていません。"),
    "no_client": _("どのクライアントかを示す client_id または認証情報がありません。"),
    "redirect_uri_mismatch": _(
        "redirect_uri が登録されたものと一致しません。一文字も違わずに同じでなければなりません。"
    ),
    "wrong_redirect_uri": _(
        "トークンの要求の redirect_uri が、認可の要求のときと同じではありません。"
    ),
    "wrong_verifier": _(
        "code_verifier が、認可の要求の code_challenge と合いません。"
        "この認可コードはもう使えません。"
    ),
    "wrong_client": _("この認可コードまたはトークンは、別のクライアントに発行されたものです。"),
    "wrong_key": _("DPoP の鍵が、認可コードまたはトークンに結び付けた鍵と違います。"),
    "unknown": _("この認可コードまたはトークンは存在しません。"),
    "expired": _("この認可コードまたはトークンは期限が切れています。"),
    "replayed": _(
        "この認可コードまたはトークンは、すでに使われています。"
        "同じものから発行したトークンもすべて終わらせました。"
    ),
    "family_ended": _("この更新トークンは、取り消し、ログアウトなどで終わっています。"),
    "inactive": _("この方は、いまこのサービスを利用できません（組合員資格、停止、ログアウト）。"),
    "scope_grew": _("更新では、はじめに許された scope より広いものを求められません。"),
    "scope_not_registered": _("このクライアントに登録されていない scope が含まれています。"),
    "grant_not_registered": _("この grant_type は、このクライアントに登録されていません。"),
    "wrong_method": _("クライアント認証の方法が、登録されたものと違います。"),
    "wrong_credential": _(
        "クライアント認証の方法は合っていますが、シークレットまたは署名が正しくありません。"
    ),
    "other": _("要求の内容に誤りがあります。error_description をご覧ください。"),
}
