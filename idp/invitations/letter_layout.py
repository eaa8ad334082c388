"""Where things stand on a letter, in millimetres from the upper left corner of an A4 sheet.

Envelope: 長形3号 (JIS S 5502: 120 × 235 mm) used lengthwise, the sheet folded in three. Window: the
usual one of stock envelopes, 90 × 45 mm, 20 mm from the left edge and 15 mm from the upper edge
(postal rules ask for at least 80 × 45 mm); measure the ones you buy, and change these numbers where
they differ. The folded sheet (210 × 99 mm) moves 25 mm sideways and 21 mm up and down inside: the
address stands where the window shows it wherever the sheet lies, and nothing else can come into
view beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Tell where it ends on the right."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Tell where it ends below."""
        return self.y + self.height


SHEET: Final = Box(0, 0, 210, 297)
ENVELOPE: Final = Box(0, 0, 235, 120)
WINDOW: Final = Box(20, 15, 90, 45)
PLAY_X: Final = ENVELOPE.width - SHEET.width
PLAY_Y: Final = ENVELOPE.height - SHEET.height / 3

ADDRESS: Final = Box(WINDOW.x, WINDOW.y, WINDOW.width - PLAY_X, WINDOW.height - PLAY_Y)
"""Seen in the window wherever the folded sheet lies."""
KEPT_CLEAR: Final = Box(0, 0, WINDOW.right, WINDOW.bottom)
"""May come into view: nothing but the address stands here."""
SENDER: Final = Box(120, ADDRESS.y, 70, 24)
FOLDS: Final = (99.0, 148.5, 198.0)
"""Marks at the left edge: two folds, and the middle for punching between them."""

MARGIN: Final = 22.0
TITLE_Y: Final = 74.0
GREETING_Y: Final = 88.0
CODE: Final = Box(MARGIN, 142, SHEET.width - 2 * MARGIN, 24)
QR: Final = Box(150, 174, 36, 36)
STEPS_Y: Final = 174.0
STEPS_WIDTH: Final = QR.x - MARGIN - 6
CLOSING_Y: Final = 236.0
LINE: Final = 6.6
