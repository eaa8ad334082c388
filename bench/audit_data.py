"""Fills the large audit log: `python -m bench.audit_data --events 1000000`; `make bench-data`.

Events go in by COPY, in the canonical form, encrypted and sealed by the same functions as always; a
batch is one transaction with its leaves and checkpoint, so a run that was ended goes on where it
was. The last ones go in through the journal itself.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from audit.canonical import canonical
from audit.checkpoint import sign
from audit.event import Actor, Personal, to_record
from audit.names import EventName
from audit.personal import seal
from audit.tree import Frontier, leaf_hash
from bench.audit_events import SUBJECTS, Made, events, subject
from bench.audit_place import default_folder, running
from idp.assembly.audit_search import build_index
from idp.assembly.foundation import Foundation
from idp.assembly.sealing import audit_key, build_sealer
from idp.clock import from_micros, to_micros
from idp.journal import store
from idp.journal.model import Origin
from idp.subjects.service import context

BATCH = 10_000
_EVENT = (
    "COPY audit_event (id, occurred_at, name, outcome, subject, client, reference, line,"
    " written_by, cluster) FROM STDIN"
)
_LEAF = "COPY audit_leaf (seq, event_id, hash) FROM STDIN"
_KEY = "COPY person_key (person, key_id, wrapped, created_at) FROM STDIN"


@dataclass
class Filling:
    """Writes batches into one log."""

    foundation: Foundation
    key: Ed25519PrivateKey
    total: int
    keys: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def batch(self, connection: psycopg.Connection[Any], first: int, count: int) -> None:
        """Write one batch with its leaves, checkpoint and the sealer's new position."""
        f = self.foundation
        made = [(one, self._line(one)) for one in events(first, count, self.total)]
        with connection.transaction():
            row = connection.execute(
                "SELECT size, frontier, signed_at, pg_current_xact_id()::text::bigint,"
                " system_identifier FROM audit_sealer, pg_control_system() WHERE id = 1 FOR UPDATE"
            ).fetchone()
            assert row is not None
            size, frontier = row[0], Frontier.from_text(row[1])
            with connection.cursor() as cursor:
                with cursor.copy(_EVENT) as copy:
                    for one, line in made:
                        copy.write_row(_row(one, line, row[3], row[4]))
                with cursor.copy(_LEAF) as copy:
                    for offset, (one, line) in enumerate(made):
                        leaf = leaf_hash(line)
                        frontier.append(leaf)
                        copy.write_row((size + offset, one.event.id, leaf.hex()))
            size += len(made)
            at = max(row[2], to_micros(made[-1][0].event.occurred_at))
            origin = f.policy.policy.audit.origin
            note = sign(origin, size, frontier.root(), from_micros(at), self.key)
            connection.execute(
                "INSERT INTO audit_checkpoint (size, signed_at, note) VALUES (%s, %s, %s)",
                (size, at, note),
            )
            connection.execute(
                "UPDATE audit_sealer SET size = %s, frontier = %s, watermark = %s WHERE id = 1",
                (size, frontier.to_text(), row[3]),
            )
            connection.execute("UPDATE bench_filled SET events = %s", (first + count,))

    def make_keys(self, connection: psycopg.Connection[Any]) -> None:
        """Make the keys of all subjects, or read those of an earlier run."""
        f = self.foundation
        known = connection.execute("SELECT person, key_id, wrapped FROM person_key").fetchall()
        self.keys = {
            person: (key_id, f.master.unwrap(wrapped, context(key_id)))
            for person, key_id, wrapped in known
        }
        if subject(0) in self.keys:
            return
        now = f.clock.now()
        with connection.transaction(), connection.cursor() as cursor, cursor.copy(_KEY) as copy:
            for number in range(SUBJECTS):
                made = f.persons.draw(now)
                wrapped = f.master.wrap(made.key, context(made.key_id))
                copy.write_row((subject(number), made.key_id, wrapped, to_micros(now)))
                self.keys[subject(number)] = (made.key_id, made.key)

    def _line(self, one: Made) -> bytes:
        def encrypt(value: Personal, aad: bytes) -> dict[str, str]:
            key_id, key = self._key(value.person, one)
            return seal(value.value, key_id, key, aad)

        return canonical(to_record(one.event, encrypt))

    def _key(self, person: str, one: Made) -> tuple[str, bytes]:
        if person not in self.keys:  # a month of strangers
            f = self.foundation
            with f.database.begin() as tx:
                made = f.persons.key_of(tx, person, one.event.occurred_at)
            self.keys[person] = (made.key_id, made.key)
        return self.keys[person]


def _row(one: Made, line: bytes, transaction: int, cluster: int) -> tuple[Any, ...]:
    event = one.event
    return (
        event.id,
        to_micros(event.occurred_at),
        event.name.value,
        event.outcome,
        event.subject,
        event.client,
        one.reference,
        line.decode(),
        transaction,
        cluster,
    )


def fill(f: Foundation, total: int, bar: Progress) -> None:
    """Bring the log to `total` events by COPY."""
    build_sealer(f).seal()
    url = f.settings.database_url.replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_filled (events bigint NOT NULL)")
        connection.execute("SET synchronous_commit = off")
        row = connection.execute("SELECT events FROM bench_filled").fetchone()
        if row is None:
            connection.execute("INSERT INTO bench_filled VALUES (0)")
        connection.commit()
        done = row[0] if row else 0
        filling = Filling(f, audit_key(f), total)
        filling.make_keys(connection)
        connection.commit()
        task = bar.add_task("events", total=total, completed=done)
        while done < total:
            count = min(BATCH, total - done)
            filling.batch(connection, done, count)
            connection.commit()
            done += count
            bar.update(task, completed=done)


def record(f: Foundation, count: int, bar: Progress) -> None:
    """Record events through the journal, a transaction each, and seal them."""
    task = bar.add_task("recorded", total=count)
    for number in range(count):
        who = subject(number * 31 % SUBJECTS)
        with f.database.begin() as tx:
            f.journal.record(
                tx,
                EventName.SESSION_STARTED,
                f.clock.now(),
                actor=Actor("member", who),
                subject=who,
                client="portal",
                session=f"recorded-{number}",
                origin=Origin(f"203.0.113.{number % 250}", "bench", f"recorded-{number}"),
            )
        bar.advance(task)
    build_sealer(f).seal()


@click.command()
@click.option("--events", "total", default=10_000_000, show_default=True)
@click.option("--recorded", default=2_000, show_default=True, help="Through the journal.")
@click.option("--folder", type=click.Path(path_type=Path), default=default_folder)
def main(total: int, recorded: int, folder: Path) -> None:
    """Fill the log, index it, and have PostgreSQL learn about it."""
    began = time.monotonic()
    columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TimeRemainingColumn())
    with running(folder) as f, Progress(*columns, disable=not sys.stderr.isatty()) as bar:
        fill(f, total, bar)
        filled = time.monotonic()
        print(f"{total} events in {filled - began:.0f} s", flush=True)
        task = bar.add_task("index", total=None)
        index = build_index(f)
        count = index.run(lambda done, whole: bar.update(task, completed=done, total=whole))
        indexed = time.monotonic()
        rate = count / max(0.001, indexed - filled)
        print(f"{count} events indexed in {indexed - filled:.0f} s, {rate:.0f}/s", flush=True)
        record(f, recorded, bar)
        index.run()
        url = f.settings.database_url.replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            sizes = connection.execute(
                "SELECT relname, pg_table_size(oid) / 1048576, pg_indexes_size(oid) / 1048576"
                " FROM pg_class WHERE relname LIKE 'audit%' AND relkind = 'r' ORDER BY relname"
            ).fetchall()
        for name, table, indexes in sizes:
            print(f"{name}: {table} MiB, indexes {indexes} MiB")
        with f.database.read() as tx:
            print(f"{store.newest_position(tx)} positions, in {folder}")


if __name__ == "__main__":
    main()
