"""Ending with the parent: a supervisor that was killed must leave no portal that serves on.

Polling `getppid` decides. The kernel's signal (prctl PR_SET_PDEATHSIG, Linux) only makes it
quick: it also fires when the *thread* that started us ends, so each time we look again.
"""

import contextlib
import ctypes
import os
import signal
import threading
import time
from types import FrameType
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_EVERY: Final = 0.5


def end_with_parent(parent: int, ending: signal.Signals) -> None:
    """Send ourselves `ending` when the process `parent` is no longer our parent.

    Call it in the main thread.
    """

    def look(_signal: int = 0, _frame: FrameType | None = None) -> None:
        if os.getppid() != parent:
            os.kill(os.getpid(), ending)

    def watch() -> None:
        while True:
            look()
            time.sleep(_EVERY)

    signal.signal(signal.SIGUSR2, look)
    with contextlib.suppress(OSError, AttributeError):  # not Linux: polling suffices
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGUSR2))
    threading.Thread(target=watch, name="lifeline", daemon=True).start()
