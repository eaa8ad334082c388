"""What to do about a line of a register file that cannot be read, by the column at fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from idp.members.register_columns import JAPANESE
from idp.web.i18n import mark as _

_DATE: Final = _("日付を、2026-07-31、2026/7/31、令和8年7月31日 のように直してください。")
_NAME: Final = _("名簿どおりの文字に直してください。外字や「?」「〓」は、近い字に替えてください。")
_KANA: Final = _("カタカナに直してください。")
_DATES_OF: Final = _(
    "日付を直してください。入金、脱退届の受理、返還の順になり、"
    "入金日のない方に脱退や返還は書けません。"
)
ADVICE: Final[Mapping[str, str]] = {
    "member_number": _(
        "8桁の番号に直してください。Excel で先頭の0が消えたときは、"
        "列を「文字列」にして書き出してください。"
    ),
    "family_name": _NAME,
    "given_name": _NAME,
    "name_in_use": _NAME,
    "family_kana": _KANA,
    "given_kana": _KANA,
    "birth_date": _DATE,
    "employment": _("「現職」か「退職」に直してください。"),
    "postal_code": _("7桁の郵便番号に直してください。"),
    "region": _("都道府県を「東京都」のように正しく書いてください。"),
    "phone_number": _(
        "電話番号を、市外局番から直してください。先頭の0が消えていないか確かめてください。"
    ),
    "email": _("メールアドレスを直すか、空にしてください。"),
    "capital_paid_on": _DATES_OF,
    "withdrawal_accepted_on": _DATES_OF,
    "refund_planned_on": _DATES_OF,
    "capital_refunded_on": _DATES_OF,
}
OTHERS: Final = _("この行を、書き出した元の表で直し、ファイル全体をもう一度送ってください。")
WHOLE: Final = _(
    "見出しの行、または文字コードを確かめてください。CSV（UTF-8 か Shift_JIS）で書き出します。"
)
_BY_TITLE: Final = {title: name for name, title in JAPANESE.items()}


def advice_for(column: str | None) -> str:
    """Give the advice for a column, named in Japanese or English; None is the line as a whole."""
    if column is None:
        return WHOLE
    return ADVICE.get(_BY_TITLE.get(column, column), OTHERS)
