"""Telephone numbers: typed in any Japanese way, kept as E.164, shown with hyphens."""

import re
from typing import Final

from idp.members.errors import BadPhone
from idp.members.japan.phone_areas import area_code_length
from idp.members.japan.text import HYPHENS, plain

_DECORATION: Final = re.compile(rf"[\s().{re.escape(HYPHENS)}]+")
# 050, 060, 070, 080, 090, 020 and the toll-free 0800 numbers have eleven digits, all others ten.
_JAPANESE: Final = re.compile(
    r"0(?:[5-9]0|20)[0-9]{8}|0(?:120|180|570|990)[0-9]{6}|0(?:3[0-9]|[1-9][1-9])[0-9]{7}"
)
_ABROAD: Final = re.compile(r"\+(?!81)[1-9][0-9]{6,14}\Z")
_FOUR_THREE: Final = ("0120", "0180", "0570", "0990", "0800")
_MAX_LENGTH: Final = 40


def parse_phone(text: str) -> str:
    """Read a telephone number as E.164; a number without a country code is Japanese.

    Full width, hyphens of every kind, blanks, parentheses and +81 (with or without the 0) are
    accepted. Raises BadPhone.
    """
    if len(text) > _MAX_LENGTH:
        raise BadPhone("the telephone number is too long")
    digits = _DECORATION.sub("", plain(text))
    if _ABROAD.match(digits):
        return digits
    if digits.startswith("+81"):
        digits = "0" + digits[3:].removeprefix("0")
    if _JAPANESE.fullmatch(digits):
        return "+81" + digits[1:]
    raise BadPhone(_why_unreadable(digits))


def format_national(e164: str) -> str:
    """Show a Japanese number as 00-0000-0000; any other E.164 number is returned unchanged."""
    if not e164.startswith("+81"):
        return e164
    number = "0" + e164[3:]
    if number.startswith(_FOUR_THREE):
        return f"{number[:4]}-{number[4:7]}-{number[7:]}"
    if len(number) == 11:
        return f"{number[:3]}-{number[3:7]}-{number[7:]}"
    area = area_code_length(number)
    return f"{number[:area]}-{number[area:6]}-{number[6:]}"


def _why_unreadable(digits: str) -> str:
    if not digits:
        return "the telephone number is empty"
    if not re.fullmatch(r"\+?[0-9]+", digits):
        return "the telephone number may hold digits, hyphens, blanks, parentheses and + only"
    if digits[0] in "123456789" and len(digits) in (9, 10):
        return (
            "the telephone number does not begin with 0: a spreadsheet such as Excel has probably "
            "dropped it; export the column as text"
        )
    return "not a telephone number as in 03-0000-0000, 090-0000-0000 or +81 3 0000 0000"
