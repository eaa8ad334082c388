"""Tables of the audit log: events (never changed), leaves, checkpoints, the sealer's position.

Which purge event covers which leaves stands in `audit_purge`, so that a pack can say it. It proves
nothing by itself: a verifier counts the leaves against what the sealed purge event says.

On PostgreSQL an event carries its transaction id and the cluster it was written on, so that the
sealer can take rows in an order that no later commit can disturb.
"""

import sqlalchemy as sa

from audit.names import EventName
from idp.storage.tables import Digest, Instant, metadata

audit_event = sa.Table(
    "audit_event",
    metadata,
    sa.Column(
        "position",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        sa.Identity(),
        primary_key=True,
    ),
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("occurred_at", Instant, nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("subject", sa.String(64)),
    sa.Column("client", sa.String(128)),
    sa.Column("reference", sa.String(16)),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("written_by", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("cluster", sa.BigInteger, nullable=False, server_default="0"),
)
sa.Index("ix_audit_event_written_by_position", audit_event.c.written_by, audit_event.c.position)
sa.Index("ix_audit_event_subject_occurred_at", audit_event.c.subject, audit_event.c.occurred_at)
sa.Index("ix_audit_event_reference", audit_event.c.reference)
sa.Index("ix_audit_event_subject_position", audit_event.c.subject, audit_event.c.position)
sa.Index("ix_audit_event_client_position", audit_event.c.client, audit_event.c.position)
sa.Index("ix_audit_event_name_position", audit_event.c.name, audit_event.c.position)
_not_done = audit_event.c.outcome != "done"
sa.Index(
    "ix_audit_event_not_done",
    audit_event.c.outcome,
    audit_event.c.position,
    sqlite_where=_not_done,
    postgresql_where=_not_done,
)
_is_flood = audit_event.c.name == EventName.FLOOD_COUNTED.value
sa.Index(
    "ix_audit_event_flood",
    audit_event.c.position,
    sqlite_where=_is_flood,
    postgresql_where=_is_flood,
)

audit_leaf = sa.Table(
    "audit_leaf",
    metadata,
    sa.Column(
        "seq",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("event_id", sa.String(36), nullable=False, unique=True),
    sa.Column("hash", Digest, nullable=False),
)

audit_checkpoint = sa.Table(
    "audit_checkpoint",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("signed_at", Instant, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)

audit_sealer = sa.Table(
    "audit_sealer",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("frontier", sa.Text, nullable=False),
    sa.Column("watermark", sa.BigInteger, nullable=False),
    sa.Column("cluster", sa.BigInteger, nullable=False),
    sa.Column("signed_at", Instant, nullable=False),
)

audit_purge = sa.Table(
    "audit_purge",
    metadata,
    sa.Column("event_id", sa.String(36), primary_key=True),
    sa.Column("class", sa.String(16), nullable=False),
    sa.Column("from_seq", sa.BigInteger, nullable=False),
    sa.Column("to_seq", sa.BigInteger, nullable=False, index=True),
    sa.Column("seqs", sa.Text, nullable=False),  # `idp.journal.seqs`
    sa.Column("purged_at", Instant, nullable=False),
)

# What the transaction of a purge may delete; empty between transactions. The triggers look here.
audit_purge_permit = sa.Table(
    "audit_purge_permit",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
)
