"""What can be an id in a path: PostgreSQL takes no NUL, and no driver a lone surrogate."""

from __future__ import annotations


def is_id(text: str) -> bool:
    """Tell whether a text has the form of our ids."""
    return len(text) == 36 and text.isascii() and text.replace("-", "").isalnum()
