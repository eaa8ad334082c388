"""Mails to the staff: the link an account is set up with, and what waits for their review."""

from __future__ import annotations

from typing import Final

from idp.mails.letter import Letter, Say, ShowLink
from idp.mails.model import MailKind
from idp.mails.sentences import UNTIL
from idp.web.i18n import mark as _

STAFF: Final[dict[MailKind, Letter]] = {
    MailKind.STAFF_LINK: Letter(
        _("職員用アカウントの設定"),
        _("%(when)s、あなたの職員用アカウントの設定が承認されました。"),
        (
            Say(_("次のリンクを開いて、パスワードと認証アプリを設定してください。")),
            ShowLink(_("職員用アカウントを設定する")),
            UNTIL,
            Say(
                _(
                    "リンクは一度だけ使えます。ほかの人には、同僚や管理者にも、決して渡さないでください。"
                    "お心当たりのないときは、開かずに、システムの管理者にお知らせください。"
                )
            ),
        ),
    ),
    MailKind.REVIEW_DUE: Letter(
        _("緊急の操作の点検"),
        _("%(when)s、二人で行うべき操作が、緊急のため一人で行われました。"),
        (
            Say(_("%(until)sまでに、内容と理由を確かめて、点検の結果を記録してください。")),
            ShowLink(_("点検のページを開く")),
            Say(_("だれも点検しないまま期限を過ぎると、監視の警報になります。")),
        ),
    ),
}
