"""Processes of one node: children end with their parent, whatever killed it.

A supervisor that was killed must leave no orphan that serves or seals.
"""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time

PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 0.2


def end_with_parent(parent: int | None = None) -> None:
    """Bind this process to its parent: the kernel kills it, and a thread looks as well."""
    expected = os.getppid() if parent is None else parent
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != expected:
        os._exit(1)  # it died before we were bound to it
    threading.Thread(target=_watch, args=(expected,), daemon=True, name="parent-watch").start()


def _watch(expected: int) -> None:
    while os.getppid() == expected:
        time.sleep(LOOK_SECONDS)
    os._exit(1)
