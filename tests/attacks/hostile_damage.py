"""Random faults in a token, drawn from a seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from random import Random

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def damaged(token: str, random: Random) -> Iterator[tuple[str, str]]:
    """Give a token with random faults, without end."""
    for number in itertools.count():
        text, done = token, []
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            at = random.randrange(len(text))
            until = min(len(text), at + random.randrange(1, 9))
            fault = random.choice(("letter", "cut", "double", "swap", "insert", "case"))
            done.append(f"{fault}@{at}")
            if fault == "letter":
                text = text[:at] + random.choice(ALPHABET) + text[at + 1 :]
            elif fault == "cut":
                text = text[:at] + text[until:]
            elif fault == "double":
                text = text[:until] + text[at:]
            elif fault == "swap":
                text = text[:at] + text[at:until][::-1] + text[until:]
            elif fault == "insert":
                text = text[:at] + random.choice(ALPHABET + ".=+/ \t{}\"'é\0") + text[at:]
            else:
                text = text[:at] + text[at:until].swapcase() + text[until:]
        yield f"random {number}: {', '.join(done)}", text
