"""What was decided upon and cannot be done inside a transaction: carried out right after it.

A purge is many transactions, in a database role of its own; new signing keys take longer to make
than a transaction may last, and lie in a folder. The decision leaves an order in the outbox, in its
own transaction; the worker carries it out within a second, and again if it was killed. Both acts
bear being done twice: what is purged is gone, what was given up is given up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from audit.event import Actor
from audit.inventory import RetentionClass
from idp.approvals.model import Author
from idp.errors import IdpError, Unavailable
from idp.key_rotation.rotation import KeyRotation
from idp.outbox.service import DeliveryFailed, Due, Outcome, promise
from idp.policy.values import Duration
from idp.retention.purging import Purger
from idp.storage.sql import Tx
from keys.errors import KeysError

log = structlog.get_logger(__name__)
ORDER: Final = "order"
PURGE, GIVE_UP_KEYS = "purge", "give_up_keys"
_RETRIES = tuple(map(Duration, ("10s", "1m", "5m", "15m", "1h", "6h", "24h")))


def order(tx: Tx, what: str, author: Author, more: Mapping[str, Any], now: datetime) -> None:
    """Leave an order in the transaction of the decision."""
    actor = author.actor
    who = {"kind": actor.kind, "id": actor.id, "role": actor.role}
    upon = {"reason": author.reason, "approval": author.approval}
    promise(tx, ORDER, {"what": what, "actor": who} | upon | dict(more), now)


@dataclass(frozen=True)
class Orders:
    """Carries orders out; see `idp.outbox.service.Carrier`."""

    purger: Purger
    rotation: KeyRotation

    def lane(self, due: Due) -> str:
        """Orders of one kind go one after the other."""
        return str(due.content["what"])

    def retries(self) -> Sequence[Duration]:
        """Give the waits between the tries."""
        return _RETRIES

    def deliver(self, due: Due, _now: datetime, /) -> None:
        """Carry one out; raises `DeliveryFailed`."""
        told = due.content
        actor = Actor(told["actor"]["kind"], told["actor"]["id"], told["actor"]["role"])
        try:
            if told["what"] == PURGE:
                only = RetentionClass(told["class"]) if told["class"] else None
                self.purger.purge(actor, only, approval=told["approval"])
            else:
                self._give_up_keys(actor, told)
        except Unavailable as error:
            raise DeliveryFailed(type(error).__name__, outage=True) from error
        except (IdpError, KeysError) as error:
            raise DeliveryFailed(f"{type(error).__name__}: {error}") from error

    def report(self, _tx: Tx, due: Due, outcome: Outcome, _now: datetime) -> None:
        """Tell the log of the program; what was done has events of its own."""
        if outcome.error is not None:
            log.error("order.failed", what=due.content["what"], error=outcome.error)

    def _give_up_keys(self, actor: Actor, told: Mapping[str, Any]) -> None:
        known = {record.kid: record for record in self.rotation.home.load().records}
        # Done twice it would be a rotation that nobody asked for.
        bad = [kid for kid in told["kids"] if known[kid].compromised_at is None]
        if bad:
            upon = {"approval": told["approval"]} if told["approval"] else {}
            self.rotation.rotate(actor, bad, {"reason": told["reason"]} | upon)
