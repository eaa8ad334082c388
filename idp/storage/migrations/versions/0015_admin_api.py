"""Answers of the admin API, kept for requests that come again."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "admin_answer",
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "key", name=op.f("pk_admin_answer")),
    )
    op.create_index("ix_admin_answer_answered_at", "admin_answer", ["answered_at"], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_table("admin_answer")
