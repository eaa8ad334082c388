"""The words for change requests, on pages and in problem details; English in `changes.po`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from idp.changes.model import Kind, State, Wrong
from idp.web.i18n import mark

KINDS: Final[Mapping[Kind, str]] = {
    Kind.NAME: mark("お名前"),
    Kind.ADDRESS: mark("ご住所"),
    Kind.PHONE: mark("電話番号"),
}
FIELD_NAMES: Final[Mapping[str, str]] = {
    "family_name": mark("姓"),
    "given_name": mark("名"),
    "family_kana": mark("姓のフリガナ"),
    "given_kana": mark("名のフリガナ"),
    "name_in_use": mark("通称（お使いの方のみ）"),
    "postal_code": mark("郵便番号"),
    "region": mark("都道府県"),
    "locality": mark("市区町村"),
    "street_address": mark("町名・番地・建物名"),
    "phone_number": mark("電話番号"),
}
STATES: Final[Mapping[State, str]] = {
    State.OPEN: mark("確認しています"),
    State.APPROVED: mark("変更を受け付けました"),
    State.REFUSED: mark("変更できませんでした"),
    State.WITHDRAWN: mark("取り下げました"),
}
WRONG: Final[Mapping[Wrong, str]] = {
    Wrong.MISSING: mark("入力してください。"),
    Wrong.TOO_LONG: mark("長すぎます。短くして、もう一度お送りください。"),
    Wrong.GAIJI: mark(
        "外字（ご自分の機器だけで表示される文字）は受け付けられません。近い字で入力し、お電話でお知らせください。"
    ),
    Wrong.CHARACTER: mark("使えない文字が含まれています。その文字を除いて入力してください。"),
    Wrong.LOST: mark("「?」や「〓」が含まれています。正しい文字で入力してください。"),
    Wrong.KANA: mark("カタカナで入力してください（ひらがな、半角カナでもかまいません）。"),
    Wrong.POSTAL_CODE: mark("郵便番号は7桁の数字です。例：100-0001"),
    Wrong.REGION: mark("都道府県を選んでください。"),
    Wrong.PHONE: mark("電話番号を確認してください。例：03-0000-0000、090-0000-0000"),
    Wrong.UNCHANGED: mark("いまの登録と同じ内容です。変わるところを入力してください。"),
}
WORKPLACE_ANSWER: Final = mark(
    "勤務先の変更は自動受付ができないため、マイページの「連絡・お問い合わせ」よりメール（またはお電話等）でご連絡願います。"
)
