"""The demo's register: fictional members in every standing, with dates around a given day.

`register_csv` writes the same file a core system would export; `members.csv` beside this module is
its output for 2026-11-01 and shows the format, with dates, widths and names as they really come.
Who the members are: `people.py`.
"""

import csv
import io
from datetime import date, timedelta

from demo.people import MEMBERS, DemoMember

TITLES = (
    "組合員番号 姓 名 姓カナ 名カナ 通称 生年月日 勤務状況 勤務先 郵便番号 都道府県 市区町村 "
    "番地等 電話番号 メールアドレス 出資金入金日 脱退届受理日 返還予定日 出資金返還日"
)


def register_csv(today: date) -> bytes:
    """Write the register so that every member has on `today` the standing noted in `people.py`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(TITLES.split())
    writer.writerows(_cells(member, today) for member in MEMBERS)
    return text.getvalue().encode("utf-8-sig")


def _cells(member: DemoMember, today: date) -> list[str]:
    return [
        member.number,
        member.family,
        member.given,
        member.family_kana,
        member.given_kana,
        member.name_in_use,
        member.birth_date,
        "現職" if member.employment == "working" else "退職",
        member.workplace,
        "000-0000",
        "東京都",
        "架空市",
        member.street,
        member.phone,
        member.email or "",
        *_membership(member, today),
    ]


def _membership(member: DemoMember, today: date) -> list[str]:
    """Write payment, withdrawal accepted, refund planned, capital refunded."""
    paid = member.capital_paid_on
    accepted, planned, refunded = "", "", ""
    match member.standing:
        case "applicant":
            in_days = member.pays_in_days
            paid = str(today + timedelta(days=in_days)) if in_days else ""
        case "leaving":
            accepted = str(today - timedelta(days=91))
            planned = str(_last_of_july(today.year + (today >= date(today.year, 7, 31))))
        case "former":
            end = _last_of_july(today.year - (today < date(today.year, 7, 31)))
            accepted, planned = str(end - timedelta(days=120)), str(end)
            refunded = str(end) if member.refund_is_paid else ""
        case "member" | "stopped":
            pass
    return [paid, accepted, planned, refunded]


def _last_of_july(year: int) -> date:
    return date(year, 7, 31)
