"""What the rooms do without a page: acts of two persons, and the worker's rehearsals."""

from __future__ import annotations

from idp.assembly.blocks import build_block_desk
from idp.assembly.foundation import Foundation
from idp.block_room.acts import LiftAll
from idp.block_room.proposals import RehearsalWork
from idp.client_room.acts import ClientSecret


def build_room_acts(f: Foundation) -> tuple[LiftAll, ClientSecret]:
    """Build the acts of these rooms that policy may send to a second person."""
    return LiftAll(build_block_desk(f)), ClientSecret(f.clients, f.journal)


def build_rehearsal_work(f: Foundation) -> RehearsalWork:
    """Build what rehearses proposed policies; the worker's."""
    return RehearsalWork(f.database, f.clock)
