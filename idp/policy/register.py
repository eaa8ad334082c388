"""The shape of `register.toml`: what one clerk may look up, upload and take back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

from idp.policy.values import Duration, Positive, Strict

MOST_BYTES = 100_000_000


class RegisterDesk(Strict, frozen=True):
    """`register.toml`."""

    searches_per_day: Positive
    looks_per_day: Positive
    """Members' pages that one person may open within 24 hours."""
    file_bytes: Annotated[int, msgspec.Meta(ge=1_000, le=MOST_BYTES)]
    file_waits: Duration
    """How long a file lies that was uploaded and not sent on."""
    withdrawals_at_most: Annotated[int, msgspec.Meta(ge=1, le=4_000)]
    """Members in one list; 4,000 numbers are what an approval can carry (64 kB)."""
    undo_within: Duration
    export_waits: Duration
    """How long an export that was allowed may be taken."""
    letters_at_once: Annotated[int, msgspec.Meta(ge=1, le=1_000)]


def faults_of_register(desk: RegisterDesk) -> Iterator[str]:
    """Name what `register.toml` may not say."""
    if desk.undo_within.seconds > 72 * 3600:
        yield "register.toml: undo_within is more than 72 hours"
    if desk.file_waits.seconds > 7 * 86400:
        yield "register.toml: file_waits is more than 7 days"
