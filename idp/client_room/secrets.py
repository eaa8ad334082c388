"""Drawing the secret that a permit allows: once, by its person, in the transaction of the draw."""

from __future__ import annotations

from dataclasses import dataclass

from audit.event import Actor
from idp.client_room import store
from idp.client_room.model import NoPermit
from idp.clients.service import Clients
from idp.clock import Clock, to_micros
from idp.journal.model import Behind
from idp.storage.sql import Database


@dataclass(frozen=True)
class SecretDrawing:
    """Draws secrets upon permits."""

    database: Database
    clock: Clock
    clients: Clients

    def draw(self, client_id: str, staff_id: str, actor: Actor, behind: Behind) -> str:
        """Draw the secret and give it, this once; the old one ends.

        Raises `NoPermit`; `UnknownClient`, `NotChangeable` when the client is gone: the permit then
        stays as it was.
        """
        with self.database.together() as tx:
            now = to_micros(self.clock.now())
            permit = store.find_permit(tx, client_id, staff_id, now)
            # Two windows at once: the one that marks the permit draws, the other is told.
            if permit is None or not store.use(tx, permit.id, now):
                raise NoPermit(client_id)
            upon = {"approval": permit.approval} if permit.approval else {}
            data = {**behind.data, "permit": permit.id, "reason": permit.reason, **upon}
            return self.clients.reset_secret(
                client_id, actor, Behind(behind.origin, behind.session, data)
            )
