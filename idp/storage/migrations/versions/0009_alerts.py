"""Alerts, from when to when."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index("ix_alert_ended_at", "alert", ["ended_at"], unique=False)
    op.create_index("ix_alert_raised_at", "alert", ["raised_at"], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_alert_raised_at", table_name="alert")
    op.drop_index("ix_alert_ended_at", table_name="alert")
    op.drop_table("alert")
