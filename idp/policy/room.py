"""`[room]` of `audit.toml`: how much one question in the audit room may read and take away."""

from __future__ import annotations

import msgspec

from idp.policy.values import Duration, Positive, Strict


class Room(Strict, frozen=True):
    """Limits of pages; commands on the node have none."""

    export_rows: Positive = 100_000
    """Events one export holds; it says at its end that there are more."""
    breach_span: Duration = msgspec.field(default_factory=lambda: Duration("92d"))
    """The longest span of the question whose data was seen."""
    breach_events: Positive = 200_000
    """Events looked at for one answer to it."""
    review_events: Positive = 100_000
    """Events one period of a saved review may hold to be signed off."""
    export_time: Duration = msgspec.field(default_factory=lambda: Duration("6h"))
    """An export that did not tell its end after so long was cut."""
