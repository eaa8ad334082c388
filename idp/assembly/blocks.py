"""The services of staff's acts on blocks."""

from __future__ import annotations

from idp.assembly.foundation import Foundation
from idp.lifecycle.block_desk import BlockDesk
from idp.lifecycle.standing import AccountStanding
from idp.storage.ephemeral import open_ephemeral
from idp.throttle.buckets import Buckets


def build_block_desk(f: Foundation) -> BlockDesk:
    """Build what lists and lifts blocks; raises `StoreUnavailable` when Redis does not answer."""
    short = open_ephemeral(f.settings.redis_url, f.database, f.clock)
    return BlockDesk(
        f.database,
        f.clock,
        f.lifting,
        AccountStanding(f.database, f.clock, f.journal, f.endings),
        Buckets(short.storage, f.policy, short.outages),
    )
