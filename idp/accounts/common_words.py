"""Words that people try first: lists of leaked passwords, English words and names, and Japanese.

The English lists are those of zxcvbn (its package data); the Japanese one is our own,
`common_words.ja.txt`: words of everyday life, school, names and places in kana, from which the
usual spellings in Latin letters are derived, and keys that lie side by side. Read at the first use.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import jaconv

from idp.members.japan.text import search_key

JAPANESE: Final = Path(__file__).with_name("common_words.ja.txt")
SHORTEST: Final = 3
LONGEST: Final = 24
_SIGNS: Final = str.maketrans("", "", "!?.,-_/\\'\"()[]{}<>:;~*+=^|`。、・「」ー")
# Hepburn beside the spellings of the school (訓令式) and of the Japanese keyboard, and long vowels.
_SPELLINGS: Final = (
    (),
    (("shi", "si"), ("chi", "ti"), ("tsu", "tu"), ("ji", "zi"), ("fu", "hu"), ("sh", "sy")),
    (("ou", "o"), ("uu", "u"), ("oo", "o")),
    (("ou", "oh"), ("oo", "oh")),
)


def fold(text: str) -> str:
    """Fold a text for comparison: width, case, kana, blanks, old forms, signs between words."""
    return search_key(text).translate(_SIGNS)


def latin_spellings(kana: str) -> set[str]:
    """Give the usual spellings of a text in kana with Latin letters, folded."""
    plain = str(jaconv.kata2alphabet(fold(kana)))
    if not plain.isascii():
        return set()
    found = set()
    for changes in _SPELLINGS:
        spelt = plain
        for long, short in changes:
            spelt = spelt.replace(long, short)
        found.add(spelt)
    return found


@cache
def common_words() -> frozenset[str]:
    """Give all listed words, folded."""
    return frozenset({*_english(), *_japanese()})


def _english() -> Iterator[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415  0.1 s, at the first use

    for words in FREQUENCY_LISTS.values():
        for word in words:
            bare = word.translate(_SIGNS)
            if SHORTEST <= len(bare) <= LONGEST:
                yield bare


def _japanese() -> Iterator[str]:
    for line in JAPANESE.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        for word in line.split():
            for form in (fold(word), *latin_spellings(word)):
                if len(form) >= SHORTEST:
                    yield form
