"""The table of permits to draw a new secret: each for one person, one client, once."""

import sqlalchemy as sa

from idp.storage.tables import Instant, metadata

client_secret_permit = sa.Table(
    "client_secret_permit",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("client_id", sa.String(128), nullable=False),
    sa.Column("staff_id", sa.String(64), nullable=False),
    sa.Column("approval", sa.String(36)),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("allowed_at", Instant, nullable=False),
    sa.Column("until", Instant, nullable=False),
    sa.Column("used_at", Instant),
)
sa.Index(
    "ix_client_secret_permit_client_id",
    client_secret_permit.c.client_id,
    client_secret_permit.c.staff_id,
)
sa.Index("ix_client_secret_permit_until", client_secret_permit.c.until)
