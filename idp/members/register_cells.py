"""The cells of one row, read value by value; what cannot be read is collected, not raised."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Final, TypeVar

import jaconv

from idp.members.errors import BadText, BadValue
from idp.members.japan.addresses import REGIONS
from idp.members.japan.dates import parse_date
from idp.members.model import Employment
from idp.members.register_columns import Header
from idp.members.register_records import BadLine

T = TypeVar("T")

_KANA: Final = re.compile(r"[ァ-ヺー・ヽヾ\u3000 ]+\Z")
# What other programs leave in place of a character they did not know.
_LOST: Final = re.compile(r"[?？〓]")
_BLANK: Final = re.compile(r"[ \u3000]")
_EMPLOYMENT: Final = {
    "現職": Employment.WORKING,
    "退職": Employment.RETIRED,
    "working": Employment.WORKING,
    "retired": Employment.RETIRED,
}

# A register of 100,000 people repeats its dates; reading one costs more than remembering it.
remembered_date: Callable[[str], date] = lru_cache(maxsize=32_768)(parse_date)


class Cells:
    """One row's cells by English column name, and what has been found wrong with them."""

    def __init__(self, line: int, header: Header, values: list[str]) -> None:
        self._line = line
        self._header = header
        self._values: Mapping[str, str] = dict(zip(header.names, values, strict=True))
        self.bad: list[BadLine] = []

    def refuse(self, name: str, reason: str, code: str = "bad_line") -> None:
        """Note that a cell is bad."""
        self.bad.append(BadLine(self._line, self._header.title_of(name), reason, code))

    def text(self, name: str) -> str:
        """Take a cell as it is, outer blanks dropped; "" where the column is absent."""
        return self._values.get(name, "").strip()

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """Read a cell, or None when it is empty or bad."""
        text = self.text(name)
        if not text:
            return None
        try:
            return parse(text)
        except BadValue as error:
            self.refuse(name, error.detail, error.code)
            return None

    def needed(self, name: str, parse: Callable[[str], T]) -> T | None:
        """Read a cell that may not be empty."""
        if not self.text(name):
            self.refuse(name, "the value is missing")
            return None
        return self.read(name, parse)


def read_name(text: str) -> str:
    """Take a name as it stands, unless a character of it was lost on the way. Raises BadText."""
    if _LOST.search(text):
        raise BadText("a ? or 〓 stands where another program lost a character of the name")
    return text


def read_kana(text: str) -> str:
    """Read kana as full-width katakana; half width and hiragana are converted. Raises BadText."""
    if _KANA.match(text):
        return text
    kana = jaconv.hira2kata(jaconv.h2z(unicodedata.normalize("NFC", text)))
    if not _KANA.match(kana):
        raise BadText("the reading may hold kana only")
    return kana


def read_employment(text: str) -> Employment:
    """Read the employment. Raises BadValue."""
    found = _EMPLOYMENT.get(text) or _EMPLOYMENT.get(unicodedata.normalize("NFKC", text).lower())
    if found is None:
        raise BadValue("neither 現職 (working) nor 退職 (retired)")
    return found


def read_region(text: str) -> str:
    """Read a prefecture. Raises BadValue."""
    if text not in REGIONS:
        raise BadValue("not one of the 47 prefectures written in full, as in 東京都")
    return text


def has_blank(text: str) -> bool:
    """Tell whether a name holds a blank, half or full width."""
    return _BLANK.search(text) is not None
