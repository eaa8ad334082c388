"""One at a time: whoever changes what the staff may do, and whoever decides about such a change."""

from __future__ import annotations

from idp.storage.sql import Tx


def hold_authority(tx: Tx) -> None:
    """Keep every role of the staff as it is until this transaction ends.

    Taken before the lock of any single account. Two administrators who end each other at once, or
    an approval and the end of the one who gives it, follow one after the other.
    """
    tx.lock("staff-authority")
