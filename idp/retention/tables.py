"""The table of legal holds. Rows are never deleted: a lifted one says who lifted it, and why."""

import sqlalchemy as sa

from idp.storage.tables import Instant, metadata

legal_hold = sa.Table(
    "legal_hold",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),  # member, case, reference
    sa.Column("value", sa.String(64), nullable=False),  # a subject or member number; as given
    sa.Column("also", sa.String(64)),  # of a member with an account: the member number
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("placed_at", Instant, nullable=False),
    sa.Column("placed_by", sa.String(64), nullable=False),
    sa.Column("lifted_at", Instant),
    sa.Column("lifted_by", sa.String(64)),
    sa.Column("lift_reason", sa.String(500)),
)
