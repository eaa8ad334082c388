"""How long a key stays in each state, and the steps a plan is made of (OIDC Core 10.1.1)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


@dataclass(frozen=True)
class RotationRules:
    """Durations of rotation.

    `announce_for` is how long a key is published before it signs: at least as long as relying
    parties may cache the key set. `retire_after` is how long a key that no longer signs stays
    published: at least the longest lifetime of a token, and a margin. Raises ValueError.
    """

    algs: tuple[str, ...]
    announce_for: timedelta = timedelta(hours=24)
    active_for: timedelta = timedelta(days=90)
    retire_after: timedelta = timedelta(days=2)

    def __post_init__(self) -> None:
        if not self.algs or len(set(self.algs)) != len(self.algs):
            raise ValueError("algs must name at least one algorithm, each once")
        if not timedelta(0) < self.announce_for < self.active_for:
            raise ValueError("announce_for must be positive and shorter than active_for")
        if self.retire_after <= timedelta(0):
            raise ValueError("retire_after must be positive")


class Act(StrEnum):
    """What a step does with a key."""

    ANNOUNCE = "announce"  # a new key is made and published
    ACTIVATE = "activate"  # it signs from now on; its predecessor becomes retiring
    RETIRE = "retire"  # it is published no more, its private part is destroyed
    WITHDRAW = "withdraw"  # its algorithm is no longer wanted: it signs no more


@dataclass(frozen=True)
class Step:
    """One step of a plan; `kid` is None where the key is still to be made.

    `at_once`: the announced key becomes active in the same step, because there is none.
    """

    act: Act
    alg: str
    kid: str | None
    reason: str
    at_once: bool = False
