"""Why an act on a staff account does not go, in a sentence that says what to do."""

from __future__ import annotations

from typing import Final

from idp.staff.model import Rule
from idp.web.i18n import mark as _

RULES: Final[dict[Rule, str]] = {
    Rule.ADDRESS_TAKEN: _(
        "このメールアドレスは、別の職員用アカウントで使われています。ほかのアドレスを入力してください。"
    ),
    Rule.LAST_ADMINISTRATOR: _(
        "ログインできる管理者がほかにいなくなるため、できません。先に、ほかの人を管理者にしてください。"
    ),
    Rule.NO_ROLE: _("役割を一つ以上選んでください。"),
    Rule.UNKNOWN_ROLE: _("その役割はありません。役割を選び直してください。"),
    Rule.HELD_ALREADY: _("その役割は、すでに付いています。ページを開き直してください。"),
    Rule.NOT_HELD: _("その役割は、いま付いていません。ページを開き直してください。"),
    Rule.NOT_TOGETHER: _(
        "一人で一緒にもてない役割の組み合わせです。どちらかの役割だけを選んでください。"
    ),
    Rule.NOT_YOURS_TO_GRANT: _(
        "ご自分の役割でできないことを、ほかの人に付与することはできません。"
        "システムを運用している担当者にお申し出ください。"
    ),
    Rule.ABOUT_YOURSELF: _("ご自分のアカウントは変更できません。ほかの管理者に依頼してください。"),
    Rule.NOTHING_CHANGES: _("役割がいまと同じです。変える役割を選んでください。"),
    Rule.NO_WORDS: _("言葉で入力してください。改行は使えません。"),
}
