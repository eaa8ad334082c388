"""Waiting for a lease of a budget that is in use: woken by a settlement in this process.

Settlements of other processes are found by looking again a few times per second.
"""

from __future__ import annotations

import threading
import time

LOOK_AGAIN_SECONDS = 0.2


class LeaseWaiters:
    """One condition for all budgets: few wait, and waking one too many costs a look."""

    def __init__(self) -> None:
        self._settled = threading.Condition()
        self._generation = 0

    def settled(self) -> None:
        """Wake those who wait."""
        with self._settled:
            self._generation += 1
            self._settled.notify_all()

    def wait(self, deadline: float) -> bool:
        """Wait for a settlement or a while; False when `deadline` (monotonic) has passed."""
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        with self._settled:
            seen = self._generation
            self._settled.wait_for(
                lambda: self._generation != seen, timeout=min(left, LOOK_AGAIN_SECONDS)
            )
        return True
