"""The table of blocks. Rows are never deleted, but those on addresses nobody has an account for."""

import sqlalchemy as sa

from idp.storage.tables import Digest, Instant, metadata

block = sa.Table(
    "block",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("subject", sa.String(64)),
    sa.Column("bucket", sa.String(160), nullable=False),
    sa.Column("rule", sa.String(48)),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("policy_digest", Digest, nullable=False),
    sa.Column("failed", sa.Integer),
    sa.Column("first_at", Instant),
    sa.Column("last_at", Instant),
    sa.Column("window_seconds", sa.Integer),
    sa.Column("reason", sa.String(500)),
    sa.Column("reference", sa.String(16), nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("until", Instant),
    sa.Column("lifted_at", Instant),
    sa.Column("lifted_by", sa.String(64)),
    sa.Column("lift_reason", sa.String(500)),
)
sa.Index("ix_block_bucket_started_at", block.c.bucket, block.c.started_at)
sa.Index("ix_block_subject_started_at", block.c.subject, block.c.started_at)
sa.Index("ix_block_reference", block.c.reference)
sa.Index("ix_block_started_at", block.c.started_at)
# Of those that were lifted only: else "not lifted" would be looked for here, among nearly all.
sa.Index(
    "ix_block_lifted_at",
    block.c.lifted_at,
    sqlite_where=block.c.lifted_at.is_not(None),
    postgresql_where=block.c.lifted_at.is_not(None),
)
sa.Index("ix_block_until", block.c.until)
