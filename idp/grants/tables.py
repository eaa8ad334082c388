"""Tables of grants, codes, access and refresh tokens; the statements are in `idp.grants.store`."""

from __future__ import annotations

import sqlalchemy as sa

from idp.storage.tables import Digest, Instant, metadata

grant = sa.Table(
    "grant_record",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("client_id", sa.String(128), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("session_id", sa.String(36), nullable=False),
    sa.Column("scopes", sa.String(400), nullable=False),
    sa.Column("auth_time", Instant, nullable=False),
    sa.Column("amr", sa.String(64), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("end_reason", sa.String(32)),
    sa.Column("dpop_jkt", sa.String(43)),
    sa.Column("claims", sa.Text),
)
sa.Index("ix_grant_record_subject", grant.c.subject)
sa.Index("ix_grant_record_session_id", grant.c.session_id)
sa.Index("ix_grant_record_expires_at", grant.c.expires_at)

authorization_code = sa.Table(
    "authorization_code",
    metadata,
    sa.Column("code_hash", Digest, primary_key=True),
    sa.Column("grant_id", sa.String(36), nullable=False),
    sa.Column("client_id", sa.String(128), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("session_id", sa.String(36), nullable=False),
    sa.Column("scopes", sa.String(400), nullable=False),
    sa.Column("redirect_uri", sa.String(2000), nullable=False),
    sa.Column("code_challenge", sa.String(128)),
    sa.Column("nonce", sa.Text),
    sa.Column("auth_time", Instant, nullable=False),
    sa.Column("amr", sa.String(64), nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("spent_at", Instant),
    sa.Column("dpop_jkt", sa.String(43)),
    sa.Column("claims", sa.Text),
)
sa.Index("ix_authorization_code_expires_at", authorization_code.c.expires_at)

access_token = sa.Table(
    "access_token",
    metadata,
    sa.Column("token_hash", Digest, primary_key=True),
    sa.Column("jti", sa.String(36), nullable=False),
    sa.Column("grant_id", sa.String(36), nullable=False),
    sa.Column("scopes", sa.String(400), nullable=False),
    sa.Column("issued_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("read_at", Instant),
    sa.Column("dpop_jkt", sa.String(43)),
    sa.Column("audience", sa.Text),
    sa.Column("ended_at", Instant),
)
sa.Index("ix_access_token_expires_at", access_token.c.expires_at)

# Tokens a client got for itself (RFC 6749 4.4): no subject, no session, no family.
client_token = sa.Table(
    "client_token",
    metadata,
    sa.Column("token_hash", Digest, primary_key=True),
    sa.Column("jti", sa.String(36), nullable=False),
    sa.Column("client_id", sa.String(128), nullable=False),
    sa.Column("scopes", sa.String(400), nullable=False),
    sa.Column("audience", sa.Text),
    sa.Column("dpop_jkt", sa.String(43)),
    sa.Column("issued_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
)
sa.Index("ix_client_token_expires_at", client_token.c.expires_at)

refresh_token = sa.Table(
    "refresh_token",
    metadata,
    sa.Column("token_hash", Digest, primary_key=True),
    sa.Column("grant_id", sa.String(36), nullable=False),
    sa.Column("client_id", sa.String(128), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("spent_at", Instant),
)
sa.Index("ix_refresh_token_expires_at", refresh_token.c.expires_at)
sa.Index(
    "uq_refresh_token_live_leaf",
    refresh_token.c.grant_id,
    unique=True,
    sqlite_where=refresh_token.c.spent_at.is_(None),
    postgresql_where=refresh_token.c.spent_at.is_(None),
)
