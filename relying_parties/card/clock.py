"""The card's clock: seconds since the epoch, movable from outside for demonstrations.

Every comparison of times in the server part asks here, and the app takes its time from the
`Card-Time` header, so that a moved clock moves the whole card.
"""

import math
import time
from pathlib import Path


class Clock:
    """Tells the time, shifted by the number of seconds written in a file (if any)."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._offset_file = offset_file
        self._offset = 0.0

    def now(self) -> float:
        """Return seconds since the epoch.

        The file is read at each use. While it is missing, empty or unreadable the last good
        offset holds, so that a half-written file never throws the time back.
        """
        if self._offset_file is not None:
            try:
                offset = float(self._offset_file.read_text("ascii"))
            except (OSError, ValueError):
                offset = self._offset
            if math.isfinite(offset):
                self._offset = offset
        return time.time() + self._offset
