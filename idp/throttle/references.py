"""Reference codes: eight symbols a person can read out over the telephone.

Every refusal carries one, so that its presence tells nothing; drawn at random, never counted up,
and unique among those in the log.
"""

import secrets

from idp.journal.store import reference_is_known
from idp.storage.sql import Tx

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8


def draw_reference(tx: Tx) -> str:
    """Draw a reference code that stands in no event yet."""
    while True:
        reference = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if not reference_is_known(tx, reference):
            return reference
