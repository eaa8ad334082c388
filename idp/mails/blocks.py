"""A mail as a list of blocks, written as text and as HTML from the one list.

Values come from people and browsers: each is one line without control characters, of bounded
length, and without anything a mail program would turn into a link of its own.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MAX_VALUE = 200
_LINK_LIKE = re.compile(r"(?i)(?:[a-z][a-z0-9+.-]*://|www\.)+")
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # controls, direction marks, broken halves, line ends
_BLANKS = re.compile(r" +")  # the full-width blank between the parts of a name stays
_DIGITS = re.compile(r"[0-9]+")
_BODY = (
    "margin:0;padding:24px;font-family:'Hiragino Sans','Yu Gothic UI',Meiryo,'Noto Sans JP',"
    "sans-serif;font-size:18px;line-height:1.7;color:#1a1a1a;background:#ffffff"
)
_LINE = "-" * 40
_CODE = "font-family:monospace;font-size:36px;font-weight:bold;letter-spacing:2px;line-height:1.3"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of prose."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A code to type, large, in groups, on its own line."""

    code: str

    @property
    def grouped(self) -> str:
        """Give the code in groups as people read it out: 123 456, 1234 5678."""
        if not _DIGITS.fullmatch(self.code):
            return self.code
        size = 3 if len(self.code) == 6 else 4
        return " ".join(self.code[at : at + size] for at in range(0, len(self.code), size))


@dataclass(frozen=True, slots=True)
class Link:
    """The one link of a mail, under words that say where it leads."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Short facts, each with its name."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Again:
    """What was said, once more in another language, under a line."""

    language: str
    blocks: tuple[Block, ...]


Block = Paragraph | Code | Link | Facts | Again


def as_text(blocks: Sequence[Block]) -> str:
    """Write the blocks as plain text."""
    return "\n\n".join(_text(block) for block in blocks) + "\n"


def as_html(blocks: Sequence[Block], language: str, title: str) -> str:
    """Write the blocks as HTML that loads nothing."""
    body = "\n".join(_html(block) for block in blocks)
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title></head>\n"
        f'<body style="{_BODY}">\n{body}\n</body>\n</html>\n'
    )


def one_line(value: str) -> str:
    """Make a value harmless in prose: one line, bounded, nothing that becomes a link."""
    seen = "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in value)
    return _BLANKS.sub(" ", _LINK_LIKE.sub(" ", seen)).strip()[:MAX_VALUE]


def _text(block: Block) -> str:
    match block:
        case Paragraph(text):
            return text
        case Code():
            return f"    {block.grouped}"
        case Link(label, url):
            return f"{label}\n{url}"
        case Facts(rows):
            return "\n".join(f"{name}: {value}" for name, value in rows)
        case Again(_, blocks):
            return "\n\n".join([_LINE, *(_text(one) for one in blocks)])


def _html(block: Block) -> str:
    match block:
        case Paragraph(text):
            return f"<p>{html.escape(text)}</p>"
        case Code():
            return f'<p style="{_CODE}">{html.escape(block.grouped)}</p>'
        case Link(label, url):
            there = html.escape(url)
            return f'<p>{html.escape(label)}<br>\n<a href="{there}">{there}</a></p>'
        case Facts(rows):
            lines = [f"{html.escape(name)}: {html.escape(value)}" for name, value in rows]
            return "<p>" + "<br>\n".join(lines) + "</p>"
        case Again(language, blocks):
            inside = "\n".join(_html(one) for one in blocks)
            return f'<hr>\n<div lang="{language}">\n{inside}\n</div>'
