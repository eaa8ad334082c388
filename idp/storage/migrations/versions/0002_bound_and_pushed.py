"""Pushed requests, tokens of clients themselves, keys that tokens are bound to."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "client_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("jti", sa.String(length=36), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("scopes", sa.String(length=400), nullable=False),
        sa.Column("audience", sa.Text(), nullable=True),
        sa.Column("dpop_jkt", sa.String(length=43), nullable=True),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_client_token")),
    )
    op.create_index("ix_client_token_expires_at", "client_token", ["expires_at"], unique=False)
    op.create_table(
        "pushed_request",
        sa.Column("uri_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("consumed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("uri_hash", name=op.f("pk_pushed_request")),
    )
    op.create_index("ix_pushed_request_expires_at", "pushed_request", ["expires_at"], unique=False)
    op.add_column("access_token", sa.Column("dpop_jkt", sa.String(length=43), nullable=True))
    op.add_column("access_token", sa.Column("audience", sa.Text(), nullable=True))
    op.add_column("access_token", sa.Column("ended_at", sa.BigInteger(), nullable=True))
    op.add_column("authorization_code", sa.Column("dpop_jkt", sa.String(length=43), nullable=True))
    op.add_column("authorization_code", sa.Column("claims", sa.Text(), nullable=True))
    op.add_column(
        "authorization_request", sa.Column("pushed_hash", sa.String(length=64), nullable=True)
    )
    op.add_column("grant_record", sa.Column("dpop_jkt", sa.String(length=43), nullable=True))
    op.add_column("grant_record", sa.Column("claims", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("grant_record", "claims")
    op.drop_column("grant_record", "dpop_jkt")
    op.drop_column("authorization_request", "pushed_hash")
    op.drop_column("authorization_code", "claims")
    op.drop_column("authorization_code", "dpop_jkt")
    op.drop_column("access_token", "ended_at")
    op.drop_column("access_token", "audience")
    op.drop_column("access_token", "dpop_jkt")
    op.drop_index("ix_pushed_request_expires_at", table_name="pushed_request")
    op.drop_table("pushed_request")
    op.drop_index("ix_client_token_expires_at", table_name="client_token")
    op.drop_table("client_token")
