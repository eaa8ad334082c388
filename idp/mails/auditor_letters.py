"""What the mail to the auditor says; it is the one mail that goes to no member."""

from __future__ import annotations

from typing import Final

from idp.mails.letter import Letter, Say, ShowFact
from idp.mails.model import MailKind
from idp.web.i18n import mark as _

AUDITOR: Final[dict[MailKind, Letter]] = {
    MailKind.CHECKPOINT: Letter(
        _("監査ログのチェックポイント"),
        _("%(when)s現在の、監査ログのチェックポイントです。"),
        (
            ShowFact(_("記録の数"), "records"),
            ShowFact(_("ルートハッシュ"), "root"),
            ShowFact(_("署名の日時"), "sealed"),
            Say(
                _(
                    "このメールを保管してください。あとから記録が変わっていないことを確かめられます。"
                )
            ),
        ),
    ),
}
