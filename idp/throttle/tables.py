"""Tables of what is counted: attempts, and failures in a row."""

import sqlalchemy as sa

from idp.storage.tables import Instant, metadata

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("bucket", sa.String(160), nullable=False),
    sa.Column("leased_at", Instant, nullable=False),
    sa.Column("failed_at", Instant),
    # Whose row of failures it belongs to, and whether the browser was known to its owner.
    sa.Column("authenticator", sa.String(120)),
    sa.Column("stranger", sa.Integer, nullable=False, server_default="1"),
    sa.Column("subject", sa.String(64)),
)
sa.Index("ix_lease_bucket", lease.c.bucket)
sa.Index("ix_lease_leased_at", lease.c.leased_at)
sa.Index("ix_lease_authenticator", lease.c.authenticator)

failures_in_a_row = sa.Table(
    "failures_in_a_row",
    metadata,
    sa.Column("authenticator", sa.String(120), primary_key=True),
    sa.Column("strangers", sa.Integer, nullable=False),
    sa.Column("known", sa.Integer, nullable=False),
    sa.Column("succeeded_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
)
sa.Index("ix_failures_in_a_row_changed_at", failures_in_a_row.c.changed_at)
