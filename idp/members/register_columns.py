"""The columns of the register's export file: their names in Japanese and English, which must stand.

An optional column that is absent changes nothing in the register; an empty cell clears the value.
The four dates of membership are required: a feed that forgot them would keep people in for ever.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from idp.members.register_records import BadLine

JAPANESE: Final = {
    "member_number": "組合員番号",
    "family_name": "姓",
    "given_name": "名",
    "family_kana": "姓カナ",
    "given_kana": "名カナ",
    "name_in_use": "通称",
    "birth_date": "生年月日",
    "employment": "勤務状況",
    "workplace": "勤務先",
    "postal_code": "郵便番号",
    "region": "都道府県",
    "locality": "市区町村",
    "street_address": "番地等",
    "phone_number": "電話番号",
    "email": "メールアドレス",
    "capital_paid_on": "出資金入金日",
    "withdrawal_accepted_on": "脱退届受理日",
    "refund_planned_on": "返還予定日",
    "capital_refunded_on": "出資金返還日",
}
ADDRESS: Final = frozenset({"postal_code", "region", "locality", "street_address"})
OPTIONAL: Final = ADDRESS | {"name_in_use", "workplace", "phone_number", "email"}
_BY_TITLE: Final = {title: name for name, title in JAPANESE.items()} | {n: n for n in JAPANESE}


@dataclass(frozen=True)
class Header:
    """The header row: per position the English name, and the title as written in the file."""

    names: tuple[str, ...]
    titles: tuple[str, ...]

    @cached_property
    def columns(self) -> frozenset[str]:
        """Give the English names."""
        return frozenset(self.names)

    def title_of(self, name: str) -> str:
        """Tell how the file itself calls a column."""
        return self.titles[self.names.index(name)] if name in self.names else JAPANESE[name]


def read_header(line: int, cells: Sequence[str]) -> Header | list[BadLine]:
    """Recognise the header row, or tell everything that is wrong with it."""
    titles = tuple(unicodedata.normalize("NFKC", cell).strip() for cell in cells)
    names = tuple(_BY_TITLE.get(title.lower(), "") for title in titles)
    bad = [
        BadLine(line, _short(title) or f"column {position}", "not a column of the register")
        for position, (title, name) in enumerate(zip(titles, names, strict=True), 1)
        if not name
    ]
    bad += [
        BadLine(line, titles[position], "the column stands twice")
        for position, name in enumerate(names)
        if name and name in names[:position]
    ]
    bad += [
        BadLine(line, JAPANESE[name], f"the column is missing ({JAPANESE[name]} or {name})")
        for name in JAPANESE
        if name not in names and _is_required(name, names)
    ]
    return bad or Header(names, titles)


def _is_required(name: str, present: Sequence[str]) -> bool:
    return name not in OPTIONAL or (name in ADDRESS and not ADDRESS.isdisjoint(present))


def _short(title: str) -> str:
    """Make a foreign title safe to print: a terminal obeys what stands in it."""
    shown = "".join(char if char.isprintable() else "\ufffd" for char in title[:40])
    return shown if len(title) <= 40 else shown + "…"
