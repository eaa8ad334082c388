"""The processes of a demo, found through /proc: who is whose child, and what it runs."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """List all processes below one."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError, ValueError):
                stat = (entry / "stat").read_text()
                parent = int(stat.rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, queue = [], [pid]
    while queue:
        for child in children.get(queue.pop(), []):
            found.append(child)
            queue.append(child)
    return found


def command_of(pid: int) -> str:
    """Give the command line of a process; empty when it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def supervisor(demo: int) -> int | None:
    """Find the provider's supervisor."""
    for pid in descendants(demo):
        command = command_of(pid)
        if "idp.cli serve" in command and "multiprocessing" not in command:
            return pid
    return None


def web_workers(demo: int) -> list[int]:
    """Find the provider's web processes."""
    above = supervisor(demo)
    if above is None:
        return []
    return [
        pid
        for pid in descendants(above)
        if "idp.cli worker" not in command_of(pid) and "resource_tracker" not in command_of(pid)
    ]


def background_worker(demo: int) -> int | None:
    """Find the background worker."""
    for pid in descendants(demo):
        if "idp.cli worker" in command_of(pid):
            return pid
    return None


def kill(pid: int | None) -> None:
    """Kill one process as a power cut would."""
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Tell whether a process runs (a zombie does not)."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    return False
