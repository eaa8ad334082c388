"""What a verifier finds odd without proving an alteration; counted, with the first example."""

from datetime import datetime
from typing import Final

from audit.manifest import Manifest

_EPOCH_DIGITS: Final = 12


class Warnings:
    """Counts what is odd about a pack."""

    def __init__(self, manifest: Manifest) -> None:
        """Take the period that the manifest claims to cover."""
        self._period = (
            _milliseconds(manifest.period_from, "0" * _EPOCH_DIGITS),
            _milliseconds(manifest.period_to, "g"),
        )
        self._claims_period = manifest.period_from is not None or manifest.period_to is not None
        self._far, self._first_far = 0, ""
        self._left, self._first_left = 0, 0

    def far_from_checkpoint(self, seq: int, at: str) -> None:
        """Note an event whose time is far from the times of the checkpoints around it."""
        if not self._far:
            self._first_far = f"record {seq} at {at}"
        self._far += 1

    def outside(self, seq: int, event_id: str) -> None:
        """Note a leaf without body whose id says that it was made within the period."""
        low, high = self._period
        if self._claims_period and low <= event_id[:8] + event_id[9:13] < high:
            if not self._left:
                self._first_left = seq
            self._left += 1

    def lines(self) -> list[str]:
        """Write one sentence for each kind of oddity found."""
        lines = []
        if self._far:
            lines.append(
                f"{self._far} events are dated far from the checkpoints that sealed them "
                f"(first: {self._first_far})"
            )
        if self._left:
            lines.append(
                f"{self._left} records made within the period stand outside of the exported range "
                f"(first: record {self._first_left})"
            )
        return lines


def _milliseconds(at: datetime | None, otherwise: str) -> str:
    return otherwise if at is None else f"{int(at.timestamp() * 1000):012x}"
