"""What a letter of invitation says. Letters are in Japanese: they go to members by post."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from idp.invitations.issuing import PATH, link_of
from idp.invitations.model import Code
from idp.members.japan.addresses import formatted
from idp.members.model import Member, address_on, name_on
from idp.policy.model import Organisation

TITLE = "登録のご案内"


@dataclass(frozen=True, slots=True)
class LetterText:
    """One letter in words, each tuple a list of lines or paragraphs."""

    address: tuple[str, ...]
    sender: tuple[str, ...]
    greeting: tuple[str, ...]
    code: str = field(repr=False)
    steps: tuple[str, ...]
    closing: tuple[str, ...]
    link: str = field(repr=False)


def letter_for(
    member: Member, code: Code, on: date, until: date, issuer: str, organisation: Organisation
) -> LetterText:
    """Write the letter for a member as of a day."""
    o = organisation
    address = address_on(member, on)
    lines = tuple(formatted(address).split("\n")) if address else ()
    return LetterText(
        address=(*lines, f"{name_on(member, on).full}　様"),
        sender=(_long(on), o.name_ja, f"電話 {o.telephone}", f"（{o.hours_ja}）"),
        greeting=(
            "拝啓　ますますご清祥のこととお慶び申し上げます。",
            f"日ごろより{o.name_ja}をご利用いただき、誠にありがとうございます。",
            "このたび、インターネットのマイページとデジタル組合員証をご利用いただくための"
            "登録コードをお作りいたしました。お手数をおかけいたしますが、下記によりご登録くださいますよう"
            "お願い申し上げます。登録は無料です。　敬具",
        ),
        code=code.shown,
        steps=(
            "１．スマートフォンで右の二次元コードを読み取ってください。パソコンなどでは、"
            f"次のページを開いてください。\n{issuer}{PATH}",
            "２．登録コード、組合員番号、生年月日を入力してください。",
            "３．お使いになるメールアドレスへ認証コードをお送りします。"
            "認証コードを入力し、パスワードを決めていただくと、登録は完了です。",
        ),
        closing=(
            f"・登録コードは、{_long(until)}まで使えます。",
            "・登録コードは、ほかの方にお知らせにならないでください。"
            "職員がお電話などで登録コードをお尋ねすることはありません。",
            f"・ご不明な点は、{o.telephone}（{o.hours_ja}）へお電話ください。"
            "お電話でもお手続きをご案内いたします。",
        ),
        link=issuer + link_of(code),
    )


def _long(day: date) -> str:
    weekday = "月火水木金土日"[day.weekday()]
    return f"{day.year}年{day.month}月{day.day}日（{weekday}）"
