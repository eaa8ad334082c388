"""The table of tokens that core systems come with. They stand here only as hashes."""

import sqlalchemy as sa

from idp.storage.tables import Digest, Instant, metadata

scim_token = sa.Table(
    "scim_token",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("token_hash", Digest, nullable=False, unique=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("scopes", sa.String(200), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("last_used_at", Instant),
    sa.Column("ended_at", Instant),
)
