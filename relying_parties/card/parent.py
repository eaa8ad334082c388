"""Ending with the parent: a killed supervisor must leave no orphan that serves.

Linux tells us with a signal (prctl PR_SET_PDEATHSIG); since it does so already when only the
*thread* that started us ends, the signal is a hint, and `getppid` decides. Where the signal is
not to be had, looking twice a second is enough.
"""

import contextlib
import ctypes
import os
import signal
import threading
import time

PR_SET_PDEATHSIG = 1
LOOK_EVERY = 0.5
GRACE = 2.0


def end_with(parent_pid: int) -> None:
    """Watch `parent_pid` from a thread; when it is gone, end this process within 3 seconds.

    Call it in the main thread before others start: the hint (SIGURG) is blocked for all of
    them, so that the watcher alone receives it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGURG})
    with contextlib.suppress(OSError, AttributeError):  # not Linux: looking is enough
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGURG)
    threading.Thread(target=_watch, args=(parent_pid,), name="parent", daemon=True).start()


def _watch(parent_pid: int) -> None:
    while os.getppid() == parent_pid:
        signal.sigtimedwait({signal.SIGURG}, LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)  # the orderly end did not come in time
