"""A4 paper with the Japanese font: measuring, breaking lines, and the same bytes for the same text.

The font is that of the letters (`idp.invitations.letter_pdf`), embedded as a subset.
"""

from __future__ import annotations

import logging
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

from fpdf import FPDF

from idp.invitations.letter_pdf import FACE_JP, FAMILY, MISSING, FontMissing

LEFT, RIGHT, TOP, BOTTOM = 20.0, 190.0, 24.0, 274.0
"""Millimetres from the upper left corner."""
WIDTH = RIGHT - LEFT
POINT = 25.4 / 72
NOT_FIRST: Final = "、。，．）」』】〕・ー〜：；？！々ゝゞ,.)]%"
_SELECTORS: Final = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
NOT_LAST: Final = "（「『【〔(["
_WORDS: Final = re.compile(r"[A-Za-z0-9:]+[!-~]?|.", re.DOTALL)
"""Words of Latin letters break behind a sign, as in `account.created`."""
INK, SOFT, LINE, PALE = (26, 26, 26), (90, 90, 90), (150, 150, 150), (238, 241, 245)


class Paper:
    """A document that is written from top to bottom, page by page."""

    def __init__(self, font: Path, title: str, running: str, made_at: datetime) -> None:
        """Open the font; raises `FontMissing`. `running` stands at the head of every page."""
        logging.getLogger("fontTools").setLevel(logging.ERROR)
        self.pdf = FPDF(format="A4", unit="mm")
        self.pdf.set_auto_page_break(auto=False)
        self.pdf.set_margin(0)
        self.pdf.set_title(title)
        self.pdf.set_lang("ja-JP")
        # A clock in the file would make two of the same content differ.
        self.pdf.set_creation_date(made_at)
        try:
            self.pdf.add_font(FAMILY, fname=font, collection_font_number=FACE_JP)
        except (OSError, ValueError, RuntimeError) as error:
            raise FontMissing(f"{font}: not a font that can be embedded ({error})") from error
        self._font = cast("Any", self.pdf.fonts[FAMILY])
        # Otherwise the subset bears the time of its making.
        self._font.ttfont.recalcTimestamp = False
        self._widths: dict[str, float] = {}
        self.running = running
        self.y = TOP

    def new_page(self) -> None:
        """Begin a page."""
        self.pdf.add_page()
        self.y = TOP

    def number_pages(self) -> None:
        """Write head and foot of every page but the first."""
        pages = self.pdf.pages_count
        for page in range(2, pages + 1):
            self.pdf.page = page
            self.write(LEFT, 12, self.running, 8, SOFT)
            self.rule(LEFT, RIGHT, 17)
            foot = f"{page} / {pages}"
            self.write(RIGHT - self.width(foot, 8), 283, foot, 8, SOFT)
        self.pdf.page = pages

    def finish(self) -> bytes:
        """Give the whole PDF."""
        return bytes(self.pdf.output())

    def room(self) -> float:
        """Tell how much of the page is left."""
        return BOTTOM - self.y

    def need(self, height: float) -> None:
        """Begin a page unless so much of this one is left."""
        if self.room() < height:
            self.new_page()

    def write(
        self, x: float, y: float, text: str, size: float, ink: tuple[int, int, int] = INK
    ) -> None:
        """Write one line whose upper edge is at `y`."""
        self.pdf.set_font(FAMILY, size=size)
        self.pdf.set_text_color(*ink)
        self.pdf.text(x, y + size * POINT * 0.92, text)

    def rule(self, left: float, right: float, y: float) -> None:
        """Draw a thin line."""
        self.pdf.set_draw_color(*LINE)
        self.pdf.set_line_width(0.2)
        self.pdf.line(left, y, right, y)

    def box(
        self, x: float, y: float, width: float, height: float, shade: tuple[int, int, int]
    ) -> None:
        """Fill a rectangle."""
        self.pdf.set_fill_color(*shade)
        self.pdf.rect(x, y, width, height, style="F")

    def width(self, text: str, size: float) -> float:
        """Measure a text that `drawable` gave."""
        widths = self._widths
        total = 0.0
        for character in text:
            if character not in widths:
                self.pdf.set_font(FAMILY, size=100)
                widths[character] = self.pdf.get_string_width(character) / 100
            total += widths[character]
        return total * size

    def drawable(self, text: str) -> str:
        """Leave out what chooses variants of a character, and put 〓 for what the font lacks."""
        known = self._font.cmap
        return "".join(
            one if ord(one) in known else MISSING for one in text if ord(one) not in _SELECTORS
        )

    def wrap(self, text: str, size: float, width: float) -> list[str]:
        """Break a text into lines; words stay whole where they fit, no closing sign begins one."""
        lines: list[str] = []
        for part in text.split("\n"):
            line = ""
            for word in _WORDS.findall(self.drawable(part)):
                for piece in self._pieces(word, size, width):
                    fits = self.width(line + piece, size) <= width
                    if line and not fits and piece not in NOT_FIRST:
                        kept = line.rstrip(NOT_LAST) or line
                        lines.append(kept.rstrip(" "))
                        line = line[len(kept) :]
                    line += piece if line or piece != " " else ""
            lines.append(line)
        return lines

    def _pieces(self, word: str, size: float, width: float) -> list[str]:
        return [word] if self.width(word, size) <= width else list(word)
