"""Mails to those who look after the service; they name no member."""

from __future__ import annotations

from typing import Final

from idp.mails.letter import Letter, ShowCase, ShowFact
from idp.mails.model import MailKind
from idp.web.i18n import mark as _

OPERATORS: Final[dict[MailKind, Letter]] = {
    MailKind.ALERT: Letter(
        _("監視からのお知らせ"),
        _("%(when)s、確認が必要な状態になりました。"),
        (
            ShowCase(
                "alert",
                {
                    "sealing_lag": _("監査ログの封印が遅れています（%(count)s秒）。"),
                    "log_gap": _("監査ログの並びに食い違いがあります（%(count)s件）。"),
                    "clock_offset": _("サーバーの時計がずれているか、戻されました（%(count)s）。"),
                    "look_ups": _("1時間に%(count)s人の組合員の記録を、一人の職員が見ています。"),
                    "large_export": _("1時間に%(count)s行の記録を、一人の職員が持ち出しています。"),
                    "attack": _("ログインへの攻撃とみられる動きがあります（%(count)s回）。"),
                    "canary": _("確認用のログインの記録が、監査ログに現れません。"),
                    "break_glass": _("二人で行うべき操作が、緊急のため一人で行われました。"),
                    "review_overdue": _("緊急の操作を、期限までにだれも点検していません。"),
                },
            ),
            ShowFact(_("対象"), "about"),
            ShowCase(
                "alert",
                {
                    "sealing_lag": _("ワーカーとデータベースが動いているかを、お確かめください。"),
                    "log_gap": _(
                        "idp doctor invariants と idp audit export で、すぐにお確かめください。"
                    ),
                    "clock_offset": _("時刻の同期（NTP）を、お確かめください。"),
                    "look_ups": _("その職員の業務の内容を、監査ログと合わせてお確かめください。"),
                    "large_export": _("持ち出しの理由を、監査ログと合わせてお確かめください。"),
                    "attack": _("idp block weather で、いまの様子をご覧になれます。"),
                    "canary": _(
                        "記録が失われているおそれがあります。"
                        "idp doctor invariants でお確かめください。"
                    ),
                    "break_glass": _(
                        "「承認」のページで、操作をした人のほかの人が点検してください。"
                    ),
                    "review_overdue": _("「承認」のページで、いますぐ点検してください。"),
                },
            ),
        ),
        named=False,
    ),
}
