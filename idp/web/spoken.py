"""Codes that are read out over the telephone, and how each of their characters is said.

Only characters that nobody takes for another one, by eye (0 and O, 1 and I and L, 2 and Z, 5 and S,
8 and B) or by ear (A and K and J, B and D and P and T and V, M and N): thirteen are left.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from idp.web.i18n import mark as _
from idp.web.i18n import translate
from idp.web.organisation import Language

LENGTH: Final = 6
"""22 bits: enough for a code that is asked for three times at most, within the hour."""

SAID: Final[dict[str, str]] = {
    "3": _("数字のさん"),
    "4": _("数字のよん"),
    "6": _("数字のろく"),
    "7": _("数字のなな"),
    "9": _("数字のきゅう"),
    "F": _("エフ、富士山のエフ"),
    "H": _("エイチ、北海道のエイチ"),
    "K": _("ケー、京都のケー"),
    "M": _("エム、みかんのエム"),
    "R": _("アール、りんごのアール"),
    "W": _("ダブリュー、若葉のダブリュー"),
    "X": _("エックス、エックス線のエックス"),
    "Y": _("ワイ、山のワイ"),
}
ALPHABET: Final = "".join(SAID)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One character, and how it is read out."""

    character: str
    said: str


def draw_spoken_code() -> str:
    """Draw a code."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def short_name(text: str) -> str:
    """Give a short name to something that has a long one; it is no secret, and may occur twice."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    letters = []
    for _place in range(LENGTH):
        number, which = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[which])
    return "".join(letters)


def spelled(code: str, language: Language) -> list[Spoken]:
    """Tell how a code is read out, character by character."""
    return [Spoken(one, translate(SAID[one], language)) for one in code]
