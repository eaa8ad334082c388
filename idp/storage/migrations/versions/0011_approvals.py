"""Requests that wait for a second person; roles that end by themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "approval",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("requester", sa.String(length=64), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_role", sa.String(length=64), nullable=True),
        sa.Column("session", sa.String(length=64), nullable=True),
        sa.Column("browser", sa.String(length=64), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("likeness", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("review_by", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_by", sa.String(length=64), nullable=True),
        sa.Column("in_order", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_approval_waiting",
        "approval",
        ["likeness"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index("ix_approval_state", "approval", ["state", "expires_at"], unique=False)
    op.create_index("ix_approval_requester", "approval", ["requester", "created_at"], unique=False)
    op.create_index("ix_approval_ended_at", "approval", ["ended_at"], unique=False)
    op.create_index("ix_approval_review_by", "approval", ["review_by"], unique=False)
    op.create_table(
        "approval_single",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("requester", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_single")),
    )
    op.create_index("ix_approval_single_at", "approval_single", ["at"], unique=False)
    op.create_index(
        "ix_approval_single_requester",
        "approval_single",
        ["requester", "kind", "at"],
        unique=False,
    )
    op.add_column("staff_role", sa.Column("until", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Take it back; the events stay."""
    op.drop_column("staff_role", "until")
    op.drop_table("approval_single")
    op.drop_table("approval")
