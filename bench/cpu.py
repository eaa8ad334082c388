"""CPU time and memory of other processes, from the kernel's own account.

Live processes are read from their CPU clock (nanoseconds; clock_getcpuclockid(3)); children that
have ended stand in their parent's `cutime` in /proc/PID/stat.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_SCHED = 2


def seconds_of_tree(root: int) -> float:
    """Sum the CPU seconds (user and system) of a process and of all its descendants."""
    return sum(_seconds(pid) for pid in tree(root))


def tree(root: int) -> list[int]:
    """List a process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += parents.get(pid, [])
    return found


def seconds_of_machine() -> float:
    """Sum the CPU seconds of everything on this machine since it started."""
    user, nice, system, _idle, _wait, irq, softirq = (
        int(text) for text in Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:8]
    )
    return (user + nice + system + irq + softirq) / _TICK


def resident_mib(root: int) -> float:
    """Sum the resident memory of a process and its descendants, shared pages counted for each."""
    page = os.sysconf("SC_PAGE_SIZE")
    pages = (int(fields[21]) for pid in tree(root) if (fields := _stat(pid)))
    return sum(pages) * page / 2**20


def _seconds(pid: int) -> float:
    fields = _stat(pid)
    if not fields:
        return 0.0
    ended_children = (int(fields[13]) + int(fields[14])) / _TICK
    try:
        return time.clock_gettime(((~pid) << 3) | _SCHED) + ended_children
    except OSError:
        return 0.0


def _stat(pid: int) -> list[str]:
    """Read the fields behind the name (which may hold blanks): state, ppid, ..."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
