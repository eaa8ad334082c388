"""Times as text: one spelling only, so that equal times are equal bytes.

`2026-11-22T17:00:00.000000Z`: RFC 3339 in UTC, always six digits. Which time
it is, is the caller's.
"""

from datetime import UTC, datetime

LENGTH = 27


def to_text(at: datetime) -> str:
    """Write an aware time in UTC; a naive one raises ValueError."""
    if at.tzinfo is None:
        raise ValueError("a time without a time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def from_text(text: str) -> datetime:
    """Read exactly the form that `to_text` writes; anything else raises ValueError."""
    if len(text) != LENGTH or not text.isascii() or text[-1] != "Z":
        raise ValueError(f"not a time of the form 2026-01-31T00:00:00.000000Z: {text[:40]!a}")
    at = datetime.fromisoformat(text)
    # fromisoformat also reads week dates and other separators: only one spelling may pass.
    if to_text(at) != text:
        raise ValueError(f"not a time of the form 2026-01-31T00:00:00.000000Z: {text!a}")
    return at
