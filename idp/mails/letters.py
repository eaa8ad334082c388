"""What each mail says. Japanese is the message id; the English stands in the translations.

First what happened and when, then what to do, then what to do if it was not you; one link at most
(`design`: faces, mails).
"""

from __future__ import annotations

from typing import Final

from idp.mails.letter import Letter, Say, ShowCase, ShowCode, ShowFact, ShowLink
from idp.mails.model import MailKind
from idp.web.i18n import mark as _

_KEEP_SECRET: Final = Say(_("職員が、お電話などで認証コードをお尋ねすることはありません。"))
_CALL_IF_NOT_YOU: Final = Say(
    _("お心当たりのないときは、すぐに %(telephone)s（%(hours_of_house)s）へお電話ください。")
)
_IGNORE: Final = Say(_("お心当たりのないときは、このメールを破棄してください。何も変わりません。"))
_UNTIL: Final = Say(_("%(until)sまで使えます。"))

LETTERS: Final[dict[MailKind, Letter]] = {
    MailKind.INVITATION: Letter(
        _("ご登録のご案内"),
        _("%(when)s、インターネットでのご利用のための登録コードをお作りしました。"),
        (
            Say(_("次のページを開き、登録コード、組合員番号、生年月日を入力してください。")),
            ShowCode(),
            ShowLink(_("ご登録のページ")),
            Say(_("登録コードは%(expires)sまで使えます。登録は無料です。")),
            Say(
                _(
                    "お心当たりのないときは、このメールを破棄してください。"
                    "登録コードだけでは、どなたもご登録いただけません。"
                )
            ),
        ),
    ),
    MailKind.SIGN_IN_CODE: Letter(
        _("認証コードのお知らせ"),
        _("%(when)s、ご本人であることを確かめる認証コードのお申し込みがありました。"),
        (
            Say(_("開いているページに、次の認証コードを入力してください。")),
            ShowCode(),
            _UNTIL,
            _KEEP_SECRET,
            Say(
                _(
                    "お心当たりのないときは、どなたかがパスワードを知っているおそれがあります。"
                    "コードを使わずに、パスワードを変更してください。"
                )
            ),
        ),
    ),
    MailKind.REGISTER_CODE: Letter(
        _("認証コードのお知らせ"),
        _("%(when)s、ご登録のお手続きで、このメールアドレスが入力されました。"),
        (
            Say(_("開いているページに、次の認証コードを入力してください。")),
            ShowCode(),
            _UNTIL,
            _KEEP_SECRET,
            _IGNORE,
        ),
        named=False,
    ),
    MailKind.ADDRESS_IN_USE: Letter(
        _("メールアドレスについて"),
        _("%(when)s、ほかの方のお手続きで、このメールアドレスが入力されました。"),
        (
            Say(
                _(
                    "このメールアドレスはすでに別のご登録に使われているため、"
                    "もう一つのご登録には使えません。"
                )
            ),
            Say(
                _(
                    "ご家族でメールアドレスを共有なさっているときは、別のメールアドレスをお使いになるか、"
                    "%(telephone)s（%(hours_of_house)s）へお電話ください。"
                )
            ),
            Say(
                _(
                    "すでにご登録済みでパスワードをお忘れのときは、"
                    "ログインのページの「パスワードをお忘れの方」からお進みください。"
                )
            ),
            _IGNORE,
        ),
        named=False,
    ),
    MailKind.WELCOME: Letter(
        _("ご登録が完了しました"),
        _("%(when)s、ご登録が完了しました。"),
        (
            Say(_("これからは、ご登録のメールアドレスとパスワードでログインしてください。")),
            _CALL_IF_NOT_YOU,
        ),
    ),
    MailKind.RESET: Letter(
        _("パスワード再設定のご案内"),
        _("%(when)s、パスワードを再設定するお申し込みがありました。"),
        (
            Say(_("開いているページに、次の認証コードを入力してください。")),
            ShowCode(),
            ShowLink(_("または、次のページを開いて、新しいパスワードを登録してください。")),
            _UNTIL,
            _KEEP_SECRET,
            Say(
                _(
                    "お心当たりのないときは、このメールを破棄してください。"
                    "いまのパスワードはそのまま使えます。"
                )
            ),
        ),
    ),
    MailKind.RESET_IMPOSSIBLE: Letter(
        _("パスワード再設定について"),
        _("%(when)s、パスワードを再設定するお申し込みがありました。"),
        (
            ShowCase(
                "why",
                {
                    "membership_ended": _(
                        "組合員としてのご利用期間が終わっているため、再設定はできません。"
                    ),
                    "service_stopped": _(
                        "サービス停止のお手続きがお済みのため、再設定はできません。"
                        "もう一度ご利用になるには、登録のご案内が必要です。"
                    ),
                    "blocked": _("アカウントのご利用を止めているため、再設定はできません。"),
                },
            ),
            Say(_("詳しくは、%(telephone)s（%(hours_of_house)s）へお電話ください。")),
            _IGNORE,
        ),
    ),
    MailKind.PASSWORD_CHANGED: Letter(
        _("パスワード変更のお知らせ"),
        _("%(when)s、パスワードが変更されました。"),
        (
            ShowCase(
                "how",
                {
                    "reset": _(
                        "すべての端末からログアウトしました。"
                        "新しいパスワードで、もう一度ログインしてください。"
                    ),
                    "change": _("変更に使った端末のほかは、すべてログアウトしました。"),
                },
            ),
            _CALL_IF_NOT_YOU,
        ),
    ),
    MailKind.NEW_ADDRESS: Letter(
        _("メールアドレスの確認"),
        _("%(when)s、新しいメールアドレスとして、このアドレスが入力されました。"),
        (
            Say(_("開いているページに、次の認証コードを入力してください。")),
            ShowCode(),
            ShowLink(_("または、次のページを開いて、メールアドレスを確認してください。")),
            _UNTIL,
            _KEEP_SECRET,
            _IGNORE,
        ),
        named=False,
    ),
    MailKind.OLD_ADDRESS: Letter(
        _("メールアドレス変更の確認"),
        _("%(when)s、メールアドレスを変更するお申し込みがありました。"),
        (
            ShowFact(_("新しいメールアドレス"), "new"),
            Say(_("ご本人のお申し込みのときは、次の認証コードを入力してください。")),
            ShowCode(),
            ShowLink(_("または、次のページを開いて、変更を確認してください。")),
            _UNTIL,
            _KEEP_SECRET,
            Say(
                _(
                    "お心当たりのないときは、コードもページも使わないでください。"
                    "変更は行われません。念のため、パスワードを変更してください。"
                )
            ),
        ),
    ),
    MailKind.ADDRESS_CHANGED: Letter(
        _("メールアドレスを変更しました"),
        _("%(when)s、ログインとお知らせに使うメールアドレスが変わりました。"),
        (
            ShowFact(_("新しいメールアドレス"), "new"),
            Say(_("ご本人のお手続きのときは、何もなさらなくて結構です。")),
            ShowLink(
                _("お心当たりのないときは、次のページで変更を取り消してください。"), optional=True
            ),
            Say(_("取り消しは%(until)sまでできます。"), only_with="link"),
        ),
    ),
    MailKind.ADDRESS_UNDONE: Letter(
        _("変更を取り消しました"),
        _("%(when)s、メールアドレスの変更を取り消し、元のアドレスに戻しました。"),
        (
            Say(
                _(
                    "すべての端末からログアウトしました。"
                    "パスワードを再設定してから、もう一度ログインしてください。"
                )
            ),
            _CALL_IF_NOT_YOU,
        ),
    ),
    MailKind.FACTOR_CHANGED: Letter(
        _("ログイン方法の変更のお知らせ"),
        _("%(when)s、ログインの方法が変更されました。"),
        (ShowFact(_("変更の内容"), "what"), _CALL_IF_NOT_YOU),
    ),
    MailKind.NEW_DEVICE: Letter(
        _("新しい端末でのログイン"),
        _("%(when)s、はじめての端末からログインがありました。"),
        (
            ShowFact(_("端末"), "device"),
            Say(
                _(
                    "お心当たりのないときは、パスワードを変更し、"
                    "%(telephone)s（%(hours_of_house)s）へお電話ください。"
                )
            ),
        ),
    ),
    MailKind.BLOCKED: Letter(
        _("一時的な利用制限のお知らせ"),
        _("%(when)s、ログインの失敗が続いたため、ログインを一時的に止めました。"),
        (
            ShowFact(_("理由"), "rule"),
            Say(_("%(until)sを過ぎると、また試せます。")),
            Say(
                _(
                    "お急ぎのときや、お心当たりのないときは、"
                    "ログインのページの「パスワードをお忘れの方」からパスワードを再設定してください。"
                    "制限も解けます。"
                )
            ),
        ),
    ),
    MailKind.STOPPED: Letter(
        _("サービス停止のお知らせ"),
        _("%(when)s、サービス停止のお手続きが完了しました。"),
        (
            Say(_("マイページとデジタル組合員証は、もうご利用になれません。")),
            Say(_("デジタル組合員証をお使いの方は、アプリを削除してください。")),
            Say(_("もう一度ご利用になるには、新しい登録のご案内が必要です。お電話ください。")),
            _CALL_IF_NOT_YOU,
        ),
    ),
    MailKind.CHANGE_FILED: Letter(
        _("変更のお手続きの受付"),
        _("%(when)s、変更のお手続きを受け付けました。"),
        (
            ShowFact(_("変更するもの"), "kind"),
            ShowFact(_("完了の目安"), "due"),
            Say(_("結果は、このメールアドレスにお知らせします。")),
            _CALL_IF_NOT_YOU,
        ),
    ),
    MailKind.CHANGE_DECIDED: Letter(
        _("変更のお手続きの結果"),
        _("%(when)s、変更のお手続きの結果が出ました。"),
        (
            ShowFact(_("変更するもの"), "kind"),
            ShowFact(_("結果"), "outcome"),
            ShowFact(_("変更の日"), "effective"),
            ShowFact(_("理由"), "reason"),
            _CALL_IF_NOT_YOU,
        ),
    ),
    MailKind.ENDING: Letter(
        _("ご利用終了のお知らせ"),
        _("%(when)s現在のお知らせです。あと%(days)s日で、ご利用が終わります。"),
        (
            ShowFact(_("ご利用が終わる日"), "ends"),
            Say(
                _(
                    "出資金をお返しする日から、マイページとデジタル組合員証はご利用になれません。"
                    "ご請求の明細は、それまでにお確かめください。"
                )
            ),
            Say(_("ご不明な点は、%(telephone)s（%(hours_of_house)s）へお電話ください。")),
        ),
    ),
    MailKind.ENDED: Letter(
        _("ご利用が終了しました"),
        _("%(when)s現在のお知らせです。出資金をお返しし、ご利用が終了しました。"),
        (
            ShowFact(_("ご利用が終わった日"), "ends"),
            Say(_("マイページとデジタル組合員証は、もうご利用になれません。")),
            Say(_("デジタル組合員証をお使いの方は、アプリを削除してください。")),
            Say(_("ご不明な点は、%(telephone)s（%(hours_of_house)s）へお電話ください。")),
        ),
    ),
}

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
        "codes_drawn": _("予備コードが作り直されました"),
    },
}
"""Values of closed sets in words; what stands in none of them is shown as it was given."""
