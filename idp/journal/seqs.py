"""Sequence numbers as text: `0-41,43,45-99`, counted from a first one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def write_seqs(first: int, seqs: Iterable[int]) -> str:
    """Write sequence numbers, none below `first`, as runs in ascending order."""
    runs: list[list[int]] = []
    for seq in sorted(seqs):
        offset = seq - first
        if runs and runs[-1][1] == offset - 1:
            runs[-1][1] = offset
        else:
            runs.append([offset, offset])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)


def read_seqs(first: int, text: str) -> Iterator[int]:
    """Read what `write_seqs` wrote."""
    for run in text.split(",") if text else ():
        low, _, high = run.partition("-")
        yield from range(first + int(low), first + int(high or low) + 1)
