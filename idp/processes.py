"""Processes of one node: children end with their parent, whatever killed it.

A supervisor that was killed must leave no orphan that serves or seals.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PR_SET_PDEATHSIG = 1
M_ARENA_MAX = -8
LOOK_SECONDS = 0.2


SUPERVISOR = "KUMIAI_SUPERVISOR"
"""Names the process that started this one; a child cannot tell by itself whether its parent died
before it looked."""


_SERVING = "KUMIAI_SERVING_PROCESSES"
_FOLDER = "KUMIAI_NODE_FOLDER"


def supervise() -> None:
    """Let the children this process starts know whose they are."""
    os.environ[SUPERVISOR] = str(os.getpid())


def tell_serving_processes(count: int) -> None:
    """Let each serving process know how many share this node's cores."""
    os.environ[_SERVING] = str(count)


def serving_processes() -> int:
    """Tell how many processes serve on this node, this one included."""
    return int(os.environ.get(_SERVING, "1"))


def end_with_supervisor() -> None:
    """End with the process that supervises this one, if one does."""
    parent = os.environ.get(SUPERVISOR)
    if parent is not None:
        end_with_parent(int(parent))


def end_with_parent(expected: int) -> None:
    """Bind this process to its parent: the kernel kills it, and a thread looks as well."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != expected:
        os._exit(1)  # it died before we were bound to it
    threading.Thread(target=_watch, args=(expected,), daemon=True, name="parent-watch").start()


def share_memory_between_threads() -> None:
    """Keep the C library to two allocation arenas (mallopt(3)); before the threads start.

    An arena keeps the memory of the largest hash it ever ran: with two, the processes of a node
    with two workers took 150 MiB less.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc only
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 2)


def node_folder() -> Path | None:
    """Tell where the processes of this node meet, or None for a process that serves alone."""
    folder = os.environ.get(_FOLDER)
    return Path(folder) if folder else None


@contextmanager
def shared_folder() -> Iterator[None]:
    """Give this node's processes a fresh folder: for locks, and to sum their counters in.

    Entered before anything imports `prometheus_client`, which reads the name once, at import.
    """
    folder = tempfile.mkdtemp(prefix="kumiai-node-")
    os.environ[_FOLDER] = os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _watch(expected: int) -> None:
    while os.getppid() == expected:
        time.sleep(LOOK_SECONDS)
    os._exit(1)
