"""Rows of mailboxes that could not be reached; where mails lie sealed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from idp.clock import from_micros
from idp.mails.promise import KINDS, SEALED_PAYLOAD
from idp.mails.tables import undeliverable
from idp.outbox.store import outbox_message
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.wrapped import WrappedColumn

_c = undeliverable.c
_MARK = Statement(
    sa.text(
        "INSERT INTO undeliverable_mailbox (address_normal, since, reason)"
        " VALUES (:address, :since, :reason)"
        " ON CONFLICT (address_normal) DO UPDATE SET reason = :reason"
    )
)
_SINCE = Statement(sa.select(_c.since).where(_c.address_normal == sa.bindparam("address")))
_ALL = Statement(
    sa.select(_c.address_normal, _c.since, _c.reason).order_by(_c.since, _c.address_normal)
)
_CLEAR = Statement(sa.delete(undeliverable).where(_c.address_normal == sa.bindparam("address")))

SEALED = WrappedColumn(
    outbox_message.c.id,
    outbox_message.c.payload,
    around=SEALED_PAYLOAD,
    only=[sa.or_(*[outbox_message.c.kind == kind for kind in KINDS])],
)
"""All mails that are kept: those sent as well, so that a bounce still finds its mailbox."""


def mark(tx: Tx, address_normal: str, since: int, reason: str) -> None:
    """Mark a mailbox undeliverable; one that is keeps its first date."""
    tx.write(_MARK, address=address_normal, since=since, reason=reason[:200])


def undeliverable_since(tx: Tx, address_normal: str) -> datetime | None:
    """Tell since when a mailbox cannot be reached; None when it can, as far as we know."""
    row = tx.one(_SINCE, address=address_normal)
    return from_micros(row[0]) if row else None


def list_all(tx: Tx) -> list[tuple[str, datetime, str]]:
    """List the mailboxes that cannot be reached: normal form, since when, why."""
    return [(row[0], from_micros(row[1]), row[2]) for row in tx.all(_ALL)]


def clear(tx: Tx, address_normal: str) -> bool:
    """Take a mailbox as deliverable again; False when it was not marked."""
    return tx.run(_CLEAR, address=address_normal) == 1
