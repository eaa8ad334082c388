"""A circuit breaker: a store that did not answer is left alone for a moment.

Without it every sign-in would wait for the same time-out (Nygard, Release It!, "Circuit Breaker").
"""

from __future__ import annotations

import time

OPEN_SECONDS = 1.0


class Breaker:
    """Open for a second after a failure; one attempt then tells whether the store is back."""

    def __init__(self, open_seconds: float = OPEN_SECONDS) -> None:
        self._open_seconds = open_seconds
        self._closed_again = 0.0

    def allows(self) -> bool:
        """Tell whether the store may be asked."""
        return time.monotonic() >= self._closed_again

    def failed(self) -> None:
        """Leave the store alone for a moment."""
        self._closed_again = time.monotonic() + self._open_seconds
