"""Relying parties as the console shows them: what each is, when it was used, what fails."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.client_room import store
from idp.client_room.model import FAILING_FROM, Failure, Party, Seen
from idp.clients import store as clients_store
from idp.clients.model import Client
from idp.clients.service import Clients
from idp.clock import Clock, from_micros, to_micros
from idp.journal import store as journal
from idp.journal.service import DONE
from idp.storage.sql import Database, Tx

WEEK, DAY = timedelta(days=7), timedelta(days=1)
MOST_FAILURES = 1_000
"""How many failures of each name are looked at: a flood of them must not slow the page."""
MOST_EVENTS = 30
"""How many events of a client are looked at for a success; behind them the last use is unknown."""


@dataclass(frozen=True)
class ClientRoom:
    """Looks at relying parties."""

    database: Database
    clock: Clock
    clients: Clients

    def list_all(self) -> list[Party]:
        """List all, each with its last use and its failures."""
        with self.database.read() as tx:
            failures = self._failures(tx, WEEK)
            return [self._party(tx, one, failures, None) for one in self.clients.list()]

    def find(self, client_id: str, staff_id: str) -> Party:
        """Find one, with the permit this person has; raises `UnknownClient`."""
        client = self.clients.get(client_id)
        with self.database.read() as tx:
            return self._party(tx, client, self._failures(tx, WEEK), staff_id)

    def failing(self) -> int:
        """Count the relying parties with many failures since yesterday."""
        with self.database.read() as tx:
            found = self._failures(tx, DAY)
        known = {one.client_id for one in self.clients.cached()}
        return sum(
            one.failed_since_yesterday >= FAILING_FROM
            for client_id, one in found.items()
            if client_id in known
        )

    def _party(
        self, tx: Tx, client: Client, failures: Mapping[str, Seen], staff_id: str | None
    ) -> Party:
        seen = failures.get(client.client_id, Seen(None))
        since = None
        if client.source == "added" and client.secret_hash is not None:
            since = clients_store.secret_at(tx, client.client_id)
        now = to_micros(self.clock.now())
        return Party(
            client,
            Seen(
                _used_at(tx, client.client_id),
                seen.failures,
                seen.failed_since_yesterday,
                seen.more,
            ),
            from_micros(since) if since else None,
            store.find_permit(tx, client.client_id, staff_id, now) if staff_id else None,
        )

    def _failures(self, tx: Tx, period: timedelta) -> dict[str, Seen]:
        now = self.clock.now()
        after = journal.position_before(tx, now - period)
        first, day = to_micros(now - period), to_micros(now - DAY)
        counts: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        last: dict[tuple[str, str, str], int] = {}
        recent, more = Counter[str](), False
        for name in store.FAILURES:
            rows = store.failed(tx, name, after, MOST_FAILURES)
            more = more or len(rows) == MOST_FAILURES
            for client, at, line in rows:
                if client is None or at < first:
                    continue
                kind = (name.value, _why(line))
                counts[client][kind] += 1
                last[client, *kind] = max(at, last.get((client, *kind), 0))
                recent[client] += at >= day
        return {
            client: Seen(
                None,
                tuple(
                    Failure(name, why, count, from_micros(last[client, name, why]))
                    for (name, why), count in kinds.most_common()
                ),
                recent[client],
                more,
            )
            for client, kinds in counts.items()
        }


def _used_at(tx: Tx, client_id: str) -> datetime | None:
    for at, name, outcome in store.newest_of(tx, client_id, MOST_EVENTS):
        if outcome == DONE and name not in store.ADMINISTERED:
            return from_micros(at)
    return None


def _why(line: str) -> str:
    """Give the word an event says why with: words of ours, or of RFC 6749, or of the transport."""
    data = json.loads(line).get("data") or {}
    said = data.get("why") or data.get("error") or ""
    return str(said)[:80] if isinstance(said, str) else ""
