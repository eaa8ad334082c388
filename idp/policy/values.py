"""What the shapes of all policy files share: strictness, whole numbers, lengths of time, days."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
_DURATION = re.compile(r"([1-9][0-9]{0,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration:
    """A length of time written as a whole number and one of s, m, h, d."""

    __slots__ = ("delta", "micros", "seconds", "text")

    def __init__(self, text: str) -> None:
        match = _DURATION.fullmatch(text)
        if match is None:
            raise ValueError('a duration is written like "30s", "15m", "8h" or "90d"')
        self.text = text
        self.seconds = int(match[1]) * _UNITS[match[2]]
        self.micros = self.seconds * 1_000_000
        self.delta = timedelta(seconds=self.seconds)

    def __repr__(self) -> str:
        return f"Duration({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and other.seconds == self.seconds

    def __hash__(self) -> int:
        return hash(self.seconds)


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every policy file has in common: unknown keys are refused."""
