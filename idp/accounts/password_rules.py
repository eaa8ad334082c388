"""Whether a password may be used: its length, and whether somebody would try it early.

Pure rules, no composition rules and no expiry (NIST SP 800-63B-4 3.1.1.2, OWASP ASVS 6.2): a
password is refused when it is too short or too long, or when it is made of hardly more than words
of a list and words about its owner. The lists are `common_words`; hashing is `passwords`.

What is compared is folded (width, case, kana, blanks); what is hashed never is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from idp.accounts.common_words import common_words, fold
from idp.errors import IdpError
from idp.policy.model import Passwords
from idp.web.i18n import mark as _

ENOUGH: Final = 3
"""Parts that make a password: three words, or two words and something nobody lists."""
LONGEST_WORD: Final = 24
LOOKED_AT: Final = 80
"""Characters that are taken apart; what is longer cannot be made of two listed words."""
_SEQUENCES: Final = ("0123456789012", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl")


class Why(StrEnum):
    """Why a password may not be used."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_TEXT = "not_text"
    COMMON = "common"
    NAME = "name"
    MEMBER_NUMBER = "member_number"
    BIRTH_DATE = "birth_date"
    MAIL_ADDRESS = "mail_address"
    TELEPHONE = "telephone"
    SERVICE_NAME = "service_name"


WHY_TEXTS: Final[Mapping[Why, str]] = {
    Why.TOO_SHORT: _(
        "パスワードは%(least)s文字以上にしてください。言葉をいくつか続けると、長くても覚えやすくなります。"
    ),
    Why.TOO_LONG: _("パスワードは%(most)s文字以内にしてください。"),
    Why.NOT_TEXT: _("パスワードに使えない文字が含まれています。別の文字にしてください。"),
    Why.COMMON: _(
        "よく使われる言葉や並びでできているため、推測されやすいパスワードです。"
        "関係のない言葉を三つ以上続けるなどして、変えてください。"
    ),
    Why.NAME: _(
        "お名前をもとにしたパスワードは、推測されやすいため使えません。別の言葉にしてください。"
    ),
    Why.MEMBER_NUMBER: _(
        "組合員番号をもとにしたパスワードは、推測されやすいため使えません。別の言葉にしてください。"
    ),
    Why.BIRTH_DATE: _(
        "生年月日をもとにしたパスワードは、推測されやすいため使えません。別の言葉にしてください。"
    ),
    Why.MAIL_ADDRESS: _(
        "メールアドレスをもとにしたパスワードは、推測されやすいため使えません。別の言葉にしてください。"
    ),
    Why.TELEPHONE: _(
        "電話番号をもとにしたパスワードは、推測されやすいため使えません。別の言葉にしてください。"
    ),
    Why.SERVICE_NAME: _(
        "このサービスや組合の名前をもとにしたパスワードは、推測されやすいため使えません。別の言葉にしてください。"
    ),
}
"""What a page says, and what to do; to be translated with the values of the error."""


class BadPassword(IdpError):
    """A password that may not be used; `why` says why, `text` with `values` tells the person."""

    code = "bad_password"
    status = 400

    def __init__(self, why: Why, rules: Passwords) -> None:
        super().__init__(f"the password may not be used: {why.value}")
        self.why = why
        self.text = WHY_TEXTS[why]
        self.values = {"least": rules.min_length, "most": rules.max_length}


def check_password(password: str, rules: Passwords, words: Mapping[str, Why]) -> None:
    """Refuse a password that may not be used; raises `BadPassword`.

    `words` are those about the owner (`idp.accounts.owner_words`), folded, with what each is.
    """
    try:
        password.encode("utf-8")
    except UnicodeEncodeError:
        raise BadPassword(Why.NOT_TEXT, rules) from None
    if "\0" in password:
        raise BadPassword(Why.NOT_TEXT, rules)
    if len(password) < rules.min_length:
        raise BadPassword(Why.TOO_SHORT, rules)
    if len(password) > rules.max_length:
        raise BadPassword(Why.TOO_LONG, rules)
    why = why_easy(password, words)
    if why is not None:
        raise BadPassword(why, rules)


def why_easy(password: str, words: Mapping[str, Why]) -> Why | None:
    """Tell why somebody would try this password early, or None."""
    folded = _unit(fold(password))
    if len(folded) <= 2:
        return Why.COMMON  # one or two characters over and over, or signs alone
    if len(folded) > LOOKED_AT:
        return None
    parts, own = _fewest_parts(folded, words)
    if parts >= ENOUGH:
        return None
    return words[own] if own is not None else Why.COMMON


def _unit(text: str) -> str:
    """Reduce a text that repeats itself to what it repeats."""
    period = (text + text).find(text, 1) if text else 0
    return text[:period]


def _fewest_parts(text: str, words: Mapping[str, Why]) -> tuple[int, str | None]:
    """Take a text apart into as few guessable parts as possible.

    A listed word, a date, a sequence or a repetition is one part, a character of its own another;
    a word about the owner is none, for whoever knows the owner tries it first. Answers the number
    of parts and the longest of the owner's words among them.
    """
    common = common_words()
    longest = max([LONGEST_WORD, *map(len, words)])
    best: list[tuple[int, int]] = [(0, 0)]  # at each place: parts, minus the owner's characters
    used: list[str | None] = [None]
    for end in range(1, len(text) + 1):
        parts, minus = best[end - 1]
        found, own = (parts + 1, minus), used[end - 1]
        for start in range(max(0, end - longest), end - 2):
            piece = _unit(text[start:end])  # a word twice in a row is no more than the word
            parts, minus = best[start]
            if piece in words:
                candidate = (parts, minus - len(piece))
            elif _is_guessable(piece, common):
                candidate = (parts + 1, minus)
            else:
                continue
            if candidate < found:
                longer = max(used[start] or "", piece if piece in words else "", key=len)
                found, own = candidate, longer or None
        best.append(found)
        used.append(own)
    return best[-1][0], used[-1]


def _is_guessable(piece: str, common: Collection[str]) -> bool:
    return len(piece) <= 2 or piece in common or _unsaid(piece) in common or _is_pattern(piece)


def _unsaid(piece: str) -> str:
    """Undo the usual disguises of letters (p@ssw0rd)."""
    return piece.translate(_DISGUISES)


_DISGUISES: Final = str.maketrans("@4301$57", "aaeolsst")


def _is_pattern(piece: str) -> bool:
    if piece.isdigit() and len(piece) in (4, 6, 8):
        return _is_date(piece)
    if len(piece) < 4:
        return False
    return any(piece in sequence or piece[::-1] in sequence for sequence in _SEQUENCES)


def _is_date(digits: str) -> bool:
    """Tell whether digits read as a year, or as a day with or without a century."""
    if len(digits) == 4:
        return digits[:2] in ("19", "20") or _is_day(digits)
    return _is_day(digits[-4:]) and (len(digits) == 6 or digits[:2] in ("18", "19", "20"))


def _is_day(digits: str) -> bool:
    return 1 <= int(digits[:2]) <= 12 and 1 <= int(digits[2:]) <= 31
