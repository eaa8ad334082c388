"""Refusals of an address over its limit: counted, one event a minute, each with its own code.

Otherwise the log would be the attacker's tool: a row for every refusal he likes to cause. The count
stands in SQL, so that no killed process loses it; the worker turns finished minutes into events.
The reference codes that were given out stand in the event, up to a bound: somebody innocent behind
the same address can still ask why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Personal, new_id
from audit.names import EventName
from idp.blocks import store as blocks
from idp.blocks.model import BY_A_LIMIT, Block, Evidence, Kind, Scope
from idp.clock import from_micros, to_micros
from idp.floods import store
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.journal.service import REFUSED, Journal
from idp.metrics import FLOODED
from idp.policy.model import LimitName
from idp.storage.sql import Database, Tx
from idp.subjects.service import stranger
from idp.throttle.blocking import record_start
from idp.throttle.references import draw_reference

MINUTE_MICROS = 60_000_000
AT_ONCE = 200


@dataclass(frozen=True)
class Floods:
    """Counts refusals of addresses over their limit."""

    database: Database
    policy: PolicyInForce
    journal: Journal

    def refuse(self, rule: LimitName, bucket: str, origin: Origin, now: datetime) -> str:
        """Count one refusal; answers its reference code. `bucket` is the address as limits see it.

        Never inside a transaction.
        """
        at = to_micros(now)
        FLOODED.inc()
        with self.database.begin() as tx:
            reference = draw_reference(tx)
            tx.lock(f"flood:{bucket}")
            count = store.count(
                tx,
                source=bucket,
                minute=at // MINUTE_MICROS,
                at=at,
                rule=rule.value,
                code=reference,
                address=origin.address or "",
            )
            if count == 1:
                self._keep_block(tx, rule, bucket, reference, now)
        return reference

    def count(self, tx: Tx, rule: LimitName, bucket: str, origin: Origin, now: datetime) -> None:
        """Count one refusal of a program within its act: it gets no code, and no block is kept."""
        FLOODED.inc()
        tx.lock(f"flood:{bucket}")
        store.count(
            tx,
            source=bucket,
            minute=to_micros(now) // MINUTE_MICROS,
            at=to_micros(now),
            rule=rule.value,
            code="",
            address=origin.address or "",
        )

    def record_due(self, now: datetime) -> int:
        """Turn the minutes that are over into events; answers how many."""
        with self.database.begin() as tx:
            rows = store.due(tx, to_micros(now) // MINUTE_MICROS, AT_ONCE)
            for row in rows:
                if store.take(tx, row.source, row.minute):
                    self._record(tx, row, now)
        return len(rows)

    def _record(self, tx: Tx, row: store.Flood, now: datetime) -> None:
        self.journal.record(
            tx,
            EventName.FLOOD_COUNTED,
            now,
            outcome=REFUSED,
            origin=Origin(address=row.address or None),
            decision={
                "outcome": "refuse",
                "rule": row.rule,
                "settled": "unseen",
                "at": row.first_at,
                "count": row.count,
                "policy": self.policy.digest,
            },
            data={
                "count": row.count,
                "first_at": row.first_at,
                "last_at": row.last_at,
                "codes": row.codes,
            },
        )

    def _keep_block(
        self, tx: Tx, rule: LimitName, bucket: str, reference: str, now: datetime
    ) -> None:
        """Keep the block of an address on record for as long as its window may hold."""
        limit = self.policy.policy.limits[rule]
        period = limit.period
        assert period is not None, "limits on addresses have a window"
        until = now + period.delta
        name = f"{rule.value}:{bucket}"
        running = blocks.running_on(tx, name, to_micros(now))
        if running:
            blocks.extend(tx, running[0].id, to_micros(until))
            return
        block = Block(
            id=new_id(now),
            kind=Kind.ADDRESS,
            scope=Scope.STRANGERS,
            subject=None,
            bucket=name,
            rule=rule,
            made_by=BY_A_LIMIT,
            policy_digest=self.policy.digest,
            evidence=Evidence(limit.count, now - period.delta, now, period.seconds),
            reason=None,
            reference=reference,
            started_at=now,
            until=until,
        )
        blocks.add(tx, block)
        record_start(self.journal, tx, block, now, bucket=Personal(name, stranger(now)))


def find_code(tx: Tx, reference: str) -> tuple[LimitName, datetime] | None:
    """Find a code among the refusals that are not in the log yet: which rule, since when."""
    row = store.with_code(tx, reference)
    return (LimitName(row.rule), from_micros(row.first_at)) if row else None
