"""A register of any size, as the core system exports it: fictional members, dates of all forms.

Widths, eras and kana are mixed on purpose: reading them is what an import costs.
"""

from __future__ import annotations

import csv
import io

from idp.members.register_columns import JAPANESE

_FAMILIES = (("見本", "ミホン"), ("雛形", "ひながた"), ("例示", "レイジ"), ("髙例", "ﾀｶﾚｲ"))
_GIVEN = (("花子", "ハナコ"), ("清", "キヨシ"), ("さくら", "サクラ"), ("健", "ﾀｹｼ"))
_BIRTHS = ("昭和25年{m}月{d}日", "S{y}.{m}.{d}", "19{y}/{m}/{d}", "19{y}-{m:02}-{d:02}")
_PAID = ("2004-04-30", "H16.4.30", "平成16年4月30日", "2004/4/30")
_PHONES = ("090-0000-{n:04}", "０３ー００００ー{n:04}", "(03)0000-{n:04}", "")


def address_of(index: int) -> str:
    """Tell the mail address of a member."""
    return f"member{index}@mihon.example"


def number_of(index: int) -> str:
    """Tell the number of a member."""
    return f"{10_000_000 + index}"


def write_register(members: int) -> bytes:
    """Write the export of a register with this many members (UTF-8 with a byte order mark)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(JAPANESE.values())
    writer.writerows(_cells(index) for index in range(members))
    return text.getvalue().encode("utf-8-sig")


def _cells(index: int) -> list[str]:
    family, given = _FAMILIES[index % 4], _GIVEN[index // 4 % 4]
    dated = {"y": 30 + index % 33, "m": 1 + index % 12, "d": 1 + index % 28}
    retired = index % 3 == 0
    cells = {
        "member_number": number_of(index),
        "family_name": family[0],
        "given_name": given[0],
        "family_kana": family[1],
        "given_kana": given[1],
        "birth_date": _BIRTHS[index % 4].format(**dated),
        "employment": "退職" if retired else "現職",
        "workplace": "" if retired else "みほん第一小学校",
        "postal_code": "000-0000",
        "region": "東京都",
        "locality": "架空市",
        "street_address": f"見本町{1 + index % 9}-{index % 30}-1",
        "phone_number": _PHONES[index % 4].format(n=index % 10_000),
        "email": address_of(index),
        "capital_paid_on": _PAID[index // 7 % 4],
    }
    return [cells.get(name, "") for name in JAPANESE]
