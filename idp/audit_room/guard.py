"""What stops something long while it runs: a limit, or that who began it may do it no longer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

EVERY_SECONDS: Final = 0.5


class Cut(StrEnum):
    """Why something did not come to its end."""

    LIMIT = "limit"
    PERMISSION = "permission"
    BROKEN = "broken"
    ABANDONED = "abandoned"


SAID: Final[Mapping[Cut, str]] = {
    Cut.LIMIT: "one export holds no more; there is more, ask for a shorter period",
    Cut.PERMISSION: "the session or the permission of who took it ended meanwhile",
}
"""What the last line of a cut file says."""


@dataclass
class Guard:
    """Asked before each step, it tells when to stop; a role that is taken away counts at once."""

    most: int | None = None
    still: Callable[[], bool] | None = None
    _asked: float = field(default_factory=time.monotonic)

    def stops(self, count: int) -> Cut | None:
        """Tell why not to go on after so many; None to go on."""
        if self.most is not None and count >= self.most:
            return Cut.LIMIT
        now = time.monotonic()
        if self.still is None or now - self._asked < EVERY_SECONDS:
            return None
        self._asked = now
        return None if self.still() else Cut.PERMISSION
