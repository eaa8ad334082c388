"""Japanese text: which bytes are read how, what may be kept, what is folded for search.

What is stored is never normalised: NFC and NFKC alike replace old forms of names such as U+FA19.
Folding happens in `search_key` alone, for comparison and search columns.
"""

import re
import unicodedata
from typing import Final, Literal

from idp.members.errors import BadText
from idp.members.japan.old_forms import OLD_FORMS

Encoding = Literal["utf-8", "cp932"]
UTF8_MARK: Final = b"\xef\xbb\xbf"

# Hyphens, dashes, minus signs and the long vowel mark as people type them between digits.
HYPHENS: Final = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\ufe58\ufe63\uff0d\uff70"

# Private use (gaiji), controls, invisible format characters (also bidirectional overrides, which
# make a name read as another one), line and paragraph separators, surrogates, noncharacters and
# U+FFFD. Line breaks are judged apart.
_REFUSED: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufff0-\uffff"
    "\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U000e0000-\U000e00ff\U000e01f0-\U0010ffff]"
)
# Enough of a file to tell which encoding it is in, around the first byte that is not UTF-8.
_SAMPLE: Final = 65_536


def _folds() -> dict[int, str | None]:
    folds: dict[int, str | None] = dict(OLD_FORMS)
    # Hiragana to katakana, the two iteration marks included.
    folds |= {code: chr(code + 0x60) for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
    folds |= {ord(char): "-" for char in HYPHENS if char not in "ー\uff70"}
    # The wave dash of CP932 and of Shift_JIS; NFKC has made U+FF5E a tilde.
    folds |= {0x301C: "~", 0x3000: None, 0x20: None, 0x0A: None}
    # Variation selectors (IVS) pick a glyph, not another character.
    folds |= dict.fromkeys([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)], None)
    return folds


_FOLDS: Final = _folds()


def choose_encoding(data: bytes) -> Encoding:
    """Tell how a file's bytes are to be read: strict UTF-8 first, else CP932.

    A UTF-8 file with a broken or cut-off line stays UTF-8, so that the line is named instead of
    every name in the file being misread. Raises BadText for what is no such text at all.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadText("the file is UTF-16 text; save it as CSV UTF-8")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise BadText("the file is a spreadsheet workbook; save it as CSV UTF-8")
    if data.startswith(UTF8_MARK):
        return "utf-8"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        sample = data[max(0, error.start - _SAMPLE) : error.start + _SAMPLE]
        read = sample.decode("utf-8", "replace")
        lost = read.count("\ufffd")
        kept = sum(char > "\u07ff" for char in read) - lost
        return "utf-8" if kept > lost else "cp932"
    return "utf-8"


def decode(data: bytes) -> str:
    """Decode a whole text without loss, the byte order mark removed. Raises BadText."""
    encoding = choose_encoding(data)
    try:
        return data.removeprefix(UTF8_MARK).decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadText(f"line {line} holds bytes that are neither UTF-8 nor CP932") from error


def bad_character(text: str, *, newline_allowed: bool = False) -> str | None:
    """Tell why a text may not be kept, or None when it may."""
    if not newline_allowed and "\n" in text:
        return "a line break inside the value"
    found = _REFUSED.search(text)
    return _reason(found.group()) if found else None


def _reason(char: str) -> str:
    code = f"U+{ord(char):04X}"
    if char == "\x00":
        return "a NUL character (U+0000)"
    if char == "\ufffd":
        return "bytes that could not be read, or a character already lost (U+FFFD)"
    category = unicodedata.category(char)
    if category == "Co":
        return f"a character of one's own making (gaiji, {code}), which means nothing elsewhere"
    if category == "Cs":
        return f"half of a character (surrogate, {code})"
    if category == "Cf":
        return f"an invisible character ({code})"
    return f"a control character ({code})"


def plain(text: str) -> str:
    """Fold full-width letters and digits to ASCII and drop outer blanks, to read numbers."""
    return unicodedata.normalize("NFKC", text).strip()


def search_key(text: str) -> str:
    """Fold a text for comparison: width, kana, old forms, variation selectors, case, blanks.

    Never store it in place of the text: 髙橋 and 高橋 have one key and are two names.
    """
    bare = text.translate(_FOLDS)
    return unicodedata.normalize("NFKC", bare).casefold().translate(_FOLDS)
