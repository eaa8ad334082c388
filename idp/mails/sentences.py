"""Sentences that stand in several mails, and in all of them."""

from __future__ import annotations

from typing import Final

from idp.mails.letter import Say
from idp.web.i18n import mark as _

KEEP_SECRET: Final = Say(_("職員が、お電話などで認証コードをお尋ねすることはありません。"))
CALL_IF_NOT_YOU: Final = Say(
    _("お心当たりのないときは、すぐに %(telephone)s（%(hours_of_house)s）へお電話ください。")
)
IGNORE: Final = Say(_("お心当たりのないときは、このメールを破棄してください。何も変わりません。"))
UNTIL: Final = Say(_("%(until)sまで使えます。"))
LINK_ABOVE: Final = _("%(label)s：上のリンクを開いてください。")
"""Where a mail says all of it once more: its one link is not repeated."""

FOR_YOU: Final = _("%(name)s 様へのお知らせです。")
FOOT: Final = (
    Say(_("このメールは送信専用です。ご返信いただいても、お答えできません。")),
    Say(_("%(house)s　電話 %(telephone)s（%(hours_of_house)s）")),
)
WORDS: Final[dict[str, dict[str, str]]] = {
    "kind": {
        "name": _("お名前"),
        "address": _("ご住所"),
        "phone": _("お電話番号"),
    },
    "outcome": {
        "approved": _("登録を変更します"),
        "refused": _("お受けできませんでした"),
    },
    "what": {
        "app_added": _("認証アプリが設定されました"),
        "app_removed": _("認証アプリが解除されました"),
        "mail_added": _("メールでの認証コードを使う設定になりました"),
        "mail_removed": _("メールでの認証コードを使わない設定になりました"),
        "passkey_added": _("パスキーが登録されました"),
        "passkey_removed": _("パスキーの登録が取り消されました"),
        "address": _("ログイン用のメールアドレスの変更"),
        "totp_removal": _("認証アプリの解除"),
        "passkey_removal": _("パスキーの登録の取り消し"),
        "email_removal": _("メールでの認証コードをやめる設定"),
        "codes_drawn": _("予備コードが作り直されました"),
    },
}
"""Values of closed sets in words; what stands in none of them is shown as it was given."""
