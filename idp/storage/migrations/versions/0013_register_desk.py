"""The clerks' desk: uploaded files, withdrawals by list, exports, look-ups."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the change."""
    _files()
    _withdrawals()
    op.create_table(
        "register_export",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("list", sa.String(length=16), nullable=False),
        sa.Column("first_on", sa.String(length=10), nullable=True),
        sa.Column("last_on", sa.String(length=10), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("approval", sa.String(length=36), nullable=True),
        sa.Column("allowed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_account.id"], name=op.f("fk_register_export_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_export")),
    )
    op.create_index("ix_register_export_staff_id", "register_export", ["staff_id", "allowed_at"])
    op.create_table(
        "register_look",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_look")),
    )
    op.create_index("ix_register_look_at", "register_look", ["at"])
    op.create_index("ix_register_look_staff_id", "register_look", ["staff_id", "kind", "at"])


def _files() -> None:
    counts = ("created", "updated", "leaving", "unchanged", "refused")
    op.create_table(
        "register_file",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("report", sa.LargeBinary(), nullable=True),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("digests", sa.Text(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in counts),
        sa.Column("approval", sa.String(length=36), nullable=True),
        sa.Column("waits_until", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_account.id"], name=op.f("fk_register_file_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_file")),
    )
    op.create_index("ix_register_file_state", "register_file", ["state"])
    op.create_index("ix_register_file_uploaded_at", "register_file", ["uploaded_at"])


def _withdrawals() -> None:
    op.create_table(
        "register_withdrawal",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("approval", sa.String(length=36), nullable=True),
        sa.Column("accepted_on", sa.String(length=10), nullable=False),
        sa.Column("refund_on", sa.String(length=10), nullable=True),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.String(length=64), nullable=True),
        sa.Column("undo_reason", sa.String(length=500), nullable=True),
        sa.Column("undo_approval", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_withdrawal")),
    )
    op.create_index("ix_register_withdrawal_made_at", "register_withdrawal", ["made_at"])
    op.create_table(
        "register_withdrawn",
        sa.Column("withdrawal_id", sa.String(length=36), nullable=False),
        sa.Column("member_number", sa.String(length=16), nullable=False),
        sa.Column("accepted_before", sa.String(length=10), nullable=True),
        sa.Column("refund_before", sa.String(length=10), nullable=True),
        sa.Column("refund_after", sa.String(length=10), nullable=True),
        sa.Column("undone", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["withdrawal_id"],
            ["register_withdrawal.id"],
            name=op.f("fk_register_withdrawn_withdrawal_id"),
        ),
        sa.PrimaryKeyConstraint(
            "withdrawal_id", "member_number", name=op.f("pk_register_withdrawn")
        ),
    )
    op.create_index("ix_register_withdrawn_member_number", "register_withdrawn", ["member_number"])


def downgrade() -> None:
    """Take it back; the events stay."""
    for table in (
        "register_look",
        "register_export",
        "register_withdrawn",
        "register_withdrawal",
        "register_file",
    ):
        op.drop_table(table)
