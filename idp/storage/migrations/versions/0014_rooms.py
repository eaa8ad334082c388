"""The rooms of blocks and clients: minutes of the weather, proposals, permits for a new secret."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "weather_minute",
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("right_answers", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("minute", name=op.f("pk_weather_minute")),
    )
    _proposals()
    op.create_table(
        "staff_look_up",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_look_up")),
    )
    op.create_index("ix_staff_look_up_staff_id", "staff_look_up", ["staff_id", "at"])
    op.create_index("ix_staff_look_up_at", "staff_look_up", ["at"])
    op.create_table(
        "client_secret_permit",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("approval", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("allowed_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_secret_permit")),
    )
    op.create_index(
        "ix_client_secret_permit_client_id", "client_secret_permit", ["client_id", "staff_id"]
    )
    op.create_index("ix_client_secret_permit_until", "client_secret_permit", ["until"])
    op.add_column("client", sa.Column("secret_at", sa.BigInteger(), nullable=True))
    lifted = sa.text("lifted_at IS NOT NULL")
    op.create_index(
        "ix_block_lifted_at",
        "block",
        ["lifted_at"],
        sqlite_where=lifted,
        postgresql_where=lifted,
    )
    op.create_index("ix_block_until", "block", ["until"])


def _proposals() -> None:
    op.create_table(
        "policy_proposal",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("base", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("failure", sa.String(length=500), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_proposal")),
    )
    op.create_index("ix_policy_proposal_made_at", "policy_proposal", ["made_at"])
    op.create_index("ix_policy_proposal_state", "policy_proposal", ["state", "made_at"])


def downgrade() -> None:
    """Take it back; the events stay."""
    op.drop_index("ix_block_until", table_name="block")
    op.drop_index("ix_block_lifted_at", table_name="block")
    op.drop_column("client", "secret_at")
    for table in ("client_secret_permit", "staff_look_up", "policy_proposal", "weather_minute"):
        op.drop_table(table)
