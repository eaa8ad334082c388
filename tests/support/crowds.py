"""How many race for one thing: a hundred and more in the long form, fewer in CI.

`RACES=long` runs the full crowds and the full number of rounds.
"""

from __future__ import annotations

import os

LONG = os.environ.get("RACES") == "long"
MANY = 100 if LONG else 40
"""Who use one secret, code or link at once."""
BURST = 500 if LONG else 60
"""Guesses against one limit at once."""
