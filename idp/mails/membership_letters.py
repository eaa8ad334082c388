"""What the mails about being a member say: from the invitation to the last notice."""

from __future__ import annotations

from typing import Final

from idp.mails.letter import Letter, Say, ShowCode, ShowFact, ShowLink
from idp.mails.model import MailKind
from idp.mails.sentences import CALL_IF_NOT_YOU
from idp.web.i18n import mark as _

MEMBERSHIP: Final[dict[MailKind, Letter]] = {
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
    MailKind.WELCOME: Letter(
        _("ご登録が完了しました"),
        _("%(when)s、ご登録が完了しました。"),
        (
            Say(_("これからは、ご登録のメールアドレスとパスワードでログインしてください。")),
            CALL_IF_NOT_YOU,
        ),
    ),
    MailKind.STOPPED: Letter(
        _("サービス停止のお知らせ"),
        _("%(when)s、サービス停止のお手続きが完了しました。"),
        (
            Say(_("マイページとデジタル組合員証は、もうご利用になれません。")),
            Say(_("デジタル組合員証をお使いの方は、アプリをアンインストールしてください。")),
            Say(_("もう一度ご利用になるには、新しい登録のご案内が必要です。お電話ください。")),
            CALL_IF_NOT_YOU,
        ),
    ),
    MailKind.CHANGE_FILED: Letter(
        _("変更のお手続きの受付"),
        _("%(when)s、変更のお手続きを受け付けました。"),
        (
            ShowFact(_("変更するもの"), "kind"),
            ShowFact(_("完了の目安"), "due"),
            Say(_("結果は、このメールアドレスにお知らせします。")),
            CALL_IF_NOT_YOU,
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
            CALL_IF_NOT_YOU,
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
                    "請求明細は、それまでにお確かめください。"
                    "その日になりましたら、デジタル組合員証のアプリをアンインストールしてください。"
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
            Say(_("デジタル組合員証をお使いの方は、アプリをアンインストールしてください。")),
            Say(_("ご不明な点は、%(telephone)s（%(hours_of_house)s）へお電話ください。")),
        ),
    ),
}
