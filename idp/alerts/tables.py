"""The table of alerts, from when to when."""

import sqlalchemy as sa

from idp.storage.tables import Instant, metadata

alert = sa.Table(
    "alert",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("key", sa.String(128), nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("raised_at", Instant, nullable=False),
    sa.Column("last_seen_at", Instant, nullable=False),
    sa.Column("told_at", Instant),
    sa.Column("ended_at", Instant),
)
sa.Index("ix_alert_ended_at", alert.c.ended_at)
sa.Index("ix_alert_raised_at", alert.c.raised_at)
