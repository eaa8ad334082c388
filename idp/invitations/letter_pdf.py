"""Letters as one PDF: A4 for window envelopes, the code in large type and as a QR code.

The Japanese font is embedded as a subset. A variant of a character (IVS) is drawn as that variant
and copied out of the PDF as it was written. What the font lacks is printed as 〓 and reported.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import segno
from fpdf import FPDF

from idp.errors import SettingsError
from idp.invitations import letter_layout as at
from idp.invitations.letter_text import TITLE, LetterText

FONTS: Final = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/local/share/fonts/NotoSansCJK-Regular.ttc"),
)
FACE_JP: Final = 0
"""The Japanese face of the collection; the others draw the same code points the Chinese way."""
FAMILY: Final = "letter"
BODY, SMALL, LARGE, TITLE_SIZE, CODE_SIZE = 11.0, 9.5, 10.5, 17.0, 25.0
SMALLEST: Final = 6.5
MISSING: Final = "〓"
_VARIATION: Final = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
_PRIVATE: Final = 0xF0000  # where variants are put for fpdf2, which knows single characters only
MASK: Final = 4
_QUIET: Final = 4  # modules around a QR code (ISO/IEC 18004 6.3.8)


class FontMissing(SettingsError):
    """There is no Japanese font to print letters with."""

    code = "font_missing"


def find_font(named: Path | None = None) -> Path:
    """Find the font file; raises `FontMissing` with the package to install."""
    for path in (named,) if named else FONTS:
        if path.is_file():
            return path
    where = str(named) if named else "in the usual places"
    raise FontMissing(
        f"no Japanese font {where}: install the package fonts-noto-cjk, or name a file with --font"
    )


class LetterBook:
    """A PDF that grows by one page per letter."""

    def __init__(self, font: Path) -> None:
        """Open the font; raises `FontMissing` for a file that is none."""
        logging.getLogger("fontTools").setLevel(logging.ERROR)
        self._pdf = FPDF(format="A4", unit="mm")
        self._pdf.set_auto_page_break(auto=False)
        self._pdf.set_margin(0)
        self._pdf.set_title(TITLE)
        self._pdf.set_lang("ja-JP")
        try:
            self._pdf.add_font(FAMILY, fname=font, collection_font_number=FACE_JP)
        except (OSError, ValueError, RuntimeError) as error:
            raise FontMissing(f"{font}: not a font that can be embedded ({error})") from error
        self._font: Any = self._pdf.fonts[FAMILY]
        self._variants = _variants(self._font)
        self._placed: dict[str, str] = {}
        self._broken: dict[tuple[str, float], list[str]] = {}
        self.pages = 0

    def add(self, letter: LetterText) -> bool:
        """Add a letter; False when the font lacks a character of its address or name."""
        self._pdf.add_page()
        self.pages += 1
        whole = self._address(letter.address)
        self._lines(letter.sender, at.SENDER.x, at.SENDER.y, SMALL, 5.2)
        self._centred(TITLE, at.TITLE_Y, TITLE_SIZE)
        y = self._paragraphs(letter.greeting, at.MARGIN, at.GREETING_Y, 210 - 2 * at.MARGIN)
        assert y <= at.CODE.y, "the greeting runs into the code"
        self._code(letter.code)
        self._paragraphs(letter.steps, at.MARGIN, at.STEPS_Y, at.STEPS_WIDTH)
        self._qr(letter.link)
        self._paragraphs(letter.closing, at.MARGIN, at.CLOSING_Y, 210 - 2 * at.MARGIN)
        self._marks()
        return whole

    def finish(self) -> bytes:
        """Give the whole PDF."""
        return bytes(self._pdf.output())

    def _address(self, lines: tuple[str, ...]) -> bool:
        drawn = [self._drawable(line) for line in lines]
        step = min(5.0, at.ADDRESS.height / max(1, len(lines)))
        for number, (text, _) in enumerate(drawn):
            last = number == len(drawn) - 1
            self._fit(text, LARGE + 1 if last else LARGE - 1, at.ADDRESS.width, step)
            self._pdf.text(at.ADDRESS.x, at.ADDRESS.y + step * (number + 0.8), text)
        return all(whole for _, whole in drawn)

    def _fit(self, text: str, size: float, width: float, step: float) -> None:
        """Choose the greatest size, up to `size`, in which a text fits."""
        size = min(size, step * 72 / 25.4 * 0.9)
        self._pdf.set_font(FAMILY, size=size)
        wanted = self._pdf.get_string_width(text)
        if wanted > width:
            self._pdf.set_font(FAMILY, size=max(SMALLEST, size * width / wanted))

    def _drawable(self, text: str) -> tuple[str, bool]:
        """Put variants where the PDF can draw them, and 〓 for what the font lacks."""
        out: list[str] = []
        whole = True
        for character in text:
            if ord(character) in _VARIATION:
                if out:
                    out[-1] = self._variant(out[-1], character)
            elif ord(character) in self._font.cmap:
                out.append(character)
            else:
                out.append(MISSING)
                whole = False
        return "".join(out), whole

    def _variant(self, base: str, selector: str) -> str:
        """Give the stand-in of a variant; the base itself where the font has no such variant."""
        sequence = base + selector
        glyph = self._variants.get(sequence)
        if glyph is None:
            return base
        if sequence not in self._placed:
            stand_in = _PRIVATE + len(self._placed)
            font = self._font
            font.cmap[stand_in] = glyph
            font.glyph_ids[stand_in] = font.ttfont.getGlyphID(glyph)
            font.cw[stand_in] = font.cw[ord(base)]
            # What is copied out of the PDF: the sequence, not its stand-in.
            font.subset.get_glyph(unicode=stand_in).unicode = (ord(base), ord(selector))
            self._placed[sequence] = chr(stand_in)
        return self._placed[sequence]

    def _lines(self, lines: Iterable[str], x: float, y: float, size: float, step: float) -> None:
        self._pdf.set_font(FAMILY, size=size)
        for number, line in enumerate(lines):
            self._pdf.text(x, y + step * (number + 0.8), line)

    def _paragraphs(self, texts: Iterable[str], x: float, y: float, width: float) -> float:
        """Write paragraphs below each other; answers where they end."""
        self._pdf.set_font(FAMILY, size=BODY)
        for text in texts:
            if (text, width) not in self._broken:  # nearly every paragraph stands in every letter
                self._broken[text, width] = self._wrapped(text, width)
            for line in self._broken[text, width]:
                self._pdf.text(x, y + at.LINE * 0.8, line)
                y += at.LINE
            y += 1.2
        return y

    def _wrapped(self, text: str, width: float) -> list[str]:
        """Break a text into lines; a closing sign never begins one (JIS X 4051)."""
        lines: list[str] = []
        for part in text.split("\n"):
            line = ""
            for character in part:
                if (
                    self._pdf.get_string_width(line + character) > width
                    and character not in "、。）"
                ):
                    lines.append(line)
                    line = ""
                line += character
            lines.append(line)
        return lines

    def _centred(self, text: str, y: float, size: float) -> None:
        self._pdf.set_font(FAMILY, size=size)
        x = (at.SHEET.width - self._pdf.get_string_width(text)) / 2
        self._pdf.text(x, y + size * 0.35, text)

    def _code(self, code: str) -> None:
        box = at.CODE
        self._pdf.set_line_width(0.4)
        self._pdf.rect(box.x, box.y, box.width, box.height)
        self._pdf.set_font(FAMILY, size=SMALL)
        self._pdf.text(box.x + 4, box.y + 5.5, "登録コード")
        self._centred(code, box.y + 10, CODE_SIZE)

    def _qr(self, link: str) -> None:
        # A fixed mask: weighing all eight takes longer than everything else on the page.
        code = segno.make(link, error="m", boost_error=False, micro=False, mask=MASK)
        matrix = code.matrix
        module = at.QR.width / (len(matrix) + 2 * _QUIET)
        left, top = at.QR.x + _QUIET * module, at.QR.y + _QUIET * module
        for row, cells in enumerate(matrix):
            start = None
            for column, dark in enumerate((*cells, 0)):
                if dark and start is None:
                    start = column
                elif not dark and start is not None:
                    x, width = left + start * module, (column - start) * module
                    self._pdf.rect(x, top + row * module, width, module, style="F")
                    start = None

    def _marks(self) -> None:
        self._pdf.set_line_width(0.2)
        for y in at.FOLDS:
            self._pdf.line(4, y, 9 if y != at.FOLDS[1] else 7, y)


def _variants(font: Any) -> dict[str, str]:
    """Read which variants of characters a font draws (OpenType cmap, format 14)."""
    found: dict[str, str] = {}
    for table in font.ttfont["cmap"].tables:
        if table.format != 14:
            continue
        for selector, pairs in table.uvsDict.items():
            for base, glyph in pairs:
                name = glyph or font.cmap.get(base)
                if name is not None:
                    found[chr(base) + chr(selector)] = name
    return found
