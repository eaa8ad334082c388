"""How long the bodies of events are kept, per class, and the floor below which no policy may go.

The floor stands here, in the code, and not beside the lengths: whoever may edit a policy file
alone cannot shorten the log below it. Leaves are kept for ever, whatever stands here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from audit.inventory import RetentionClass
from idp.policy.values import Duration, Strict


def _days(count: int) -> Duration:
    return msgspec.field(default_factory=lambda: Duration(f"{count}d"))


class Retention(Strict, frozen=True):
    """`[retention]` of `audit.toml`: for each class, how long bodies are kept."""

    access: Duration = _days(730)
    security: Duration = _days(730)
    administration: Duration = _days(1825)
    register: Duration = _days(3650)
    keys: Duration = _days(3650)
    system: Duration = _days(1825)

    def of(self, kept: RetentionClass) -> Duration:
        """Give the length of one class."""
        length: Duration = getattr(self, kept.value)
        return length


FLOORS: Final = {
    RetentionClass.ACCESS: Duration("365d"),
    RetentionClass.SECURITY: Duration("365d"),
    RetentionClass.ADMINISTRATION: Duration("1095d"),
    RetentionClass.REGISTER: Duration("1825d"),
    RetentionClass.KEYS: Duration("1095d"),
    RetentionClass.SYSTEM: Duration("1095d"),
}


def faults_of_retention(retention: Retention) -> Iterator[str]:
    """Name each class whose length is under its floor."""
    for kept, floor in FLOORS.items():
        if retention.of(kept).seconds < floor.seconds:
            yield (
                f"audit.toml: retention: {kept.value} must be at least {floor.text}; the floor"
                " stands in the code (ADR 20), so that no single edit shortens the log below it"
            )


class Checkpoints(Strict, frozen=True):
    """`[checkpoints]` of `audit.toml`: where checkpoints go besides the file in the data folder."""

    print_every: Duration = msgspec.field(default_factory=lambda: Duration("1h"))
    mail_to: str = ""
    """The auditor's address; nothing is mailed when it is empty."""
    mail_every: Duration = msgspec.field(default_factory=lambda: Duration("1d"))
