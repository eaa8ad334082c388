"""What the mails about getting in say: codes, passwords, addresses, devices."""

from __future__ import annotations

from typing import Final

from idp.blocks.words import ADVICE, HOW, IF_YOU, WHY
from idp.blocks.words import UNTIL as UNTIL_WHEN
from idp.mails.letter import Letter, Say, ShowCase, ShowCode, ShowFact, ShowLink
from idp.mails.model import MailKind
from idp.mails.sentences import CALL_IF_NOT_YOU, IGNORE, KEEP_SECRET, UNTIL
from idp.web.i18n import mark as _

ACCESS: Final[dict[MailKind, Letter]] = {
    MailKind.SIGN_IN_CODE: Letter(
        _("認証コードのお知らせ"),
        _("%(when)s、ご本人であることを確かめる認証コードのお申し込みがありました。"),
        (
            Say(_("開いているページに、次の認証コードを入力してください。")),
            ShowCode(),
            UNTIL,
            KEEP_SECRET,
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
            UNTIL,
            KEEP_SECRET,
            IGNORE,
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
            IGNORE,
        ),
        named=False,
    ),
    MailKind.RESET: Letter(
        _("パスワード再設定のご案内"),
        _("%(when)s、パスワードを再設定するお申し込みがありました。"),
        (
            Say(_("開いているページに、次の認証コードを入力してください。")),
            ShowCode(),
            ShowLink(_("または、次のページを開いて、新しいパスワードを登録してください。")),
            UNTIL,
            KEEP_SECRET,
            Say(
                _(
                    "お心当たりのないときは、このメールを破棄してください。"
                    "いまのパスワードはそのまま使えます。"
                )
            ),
        ),
    ),
    MailKind.RESET_BY_PHONE: Letter(
        _("パスワード再設定のご案内"),
        _("%(when)s、お電話で、パスワードを再設定するお申し込みをお受けしました。"),
        (
            ShowLink(_("次のページを開いて、新しいパスワードを登録してください。")),
            UNTIL,
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
            IGNORE,
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
            CALL_IF_NOT_YOU,
        ),
    ),
    MailKind.NEW_ADDRESS: Letter(
        _("メールアドレスの確認"),
        _("%(when)s、新しいメールアドレスとして、このアドレスが入力されました。"),
        (
            Say(_("開いているページに、次の認証コードを入力してください。")),
            ShowCode(),
            ShowLink(_("または、次のページを開いて、メールアドレスを確認してください。")),
            UNTIL,
            KEEP_SECRET,
            IGNORE,
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
            UNTIL,
            KEEP_SECRET,
            Say(
                _(
                    "お心当たりのないときは、コードもページも使わないでください。"
                    "変更は行われません。念のため、パスワードを変更してください。"
                )
            ),
        ),
    ),
    MailKind.NEW_ADDRESS_BY_PHONE: Letter(
        _("メールアドレスの確認"),
        _("%(when)s、お電話で、このメールアドレスへの変更のお申し込みをお受けしました。"),
        (
            ShowLink(_("次のページを開いて、メールアドレスを確認してください。")),
            Say(_("%(until)sのあと、確認が済んでいれば、このメールアドレスに変わります。")),
            IGNORE,
        ),
        named=False,
    ),
    MailKind.CHANGE_PLANNED: Letter(
        _("お電話でのお申し込みについて"),
        _("%(when)s、お電話でのお申し込みにより、次の変更が予定されています。"),
        (
            ShowFact(_("変更の内容"), "what"),
            ShowFact(_("新しいメールアドレス"), "new"),
            Say(_("変更は、%(until)sのあとに行います。それまでは何も変わりません。")),
            Say(_("ご本人のお申し込みのときは、何もなさらなくて結構です。")),
            ShowLink(_("お心当たりのないときは、次のページで変更をやめてください。")),
            CALL_IF_NOT_YOU,
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
            CALL_IF_NOT_YOU,
        ),
    ),
    MailKind.FACTOR_CHANGED: Letter(
        _("ログイン方法の変更のお知らせ"),
        _("%(when)s、ログインの方法が変更されました。"),
        (ShowFact(_("変更の内容"), "what"), CALL_IF_NOT_YOU),
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
        _("%(when)s、ログインの失敗が続いたため、一部のログインを止めました。"),
        (
            ShowCase("rule", WHY),
            ShowCase("effect", UNTIL_WHEN),
            ShowCase("effect", IF_YOU),
            ShowCase("advice", ADVICE),
            ShowCase("advice", HOW),
            ShowFact(_("受付番号"), "reference"),
            Say(
                _(
                    "ご不明のときは、受付番号を控えて、%(telephone)s（%(hours_of_house)s）へお電話ください。"
                )
            ),
        ),
    ),
}
