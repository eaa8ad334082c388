"""The telephone help desk, the search index of the register, changes of address that wait."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the change; the worker makes the members findable who are there already."""
    folded = sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql")
    op.create_table(
        "member_key",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("key", folded, nullable=False),
        sa.Column("member_number", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_number"], ["member.member_number"], name=op.f("fk_member_key_member_number")
        ),
        sa.PrimaryKeyConstraint("kind", "key", "member_number", name=op.f("pk_member_key")),
    )
    op.create_index("ix_member_key_member_number", "member_key", ["member_number"], unique=False)
    op.add_column("address_change", sa.Column("due_at", sa.BigInteger(), nullable=True))
    op.add_column("address_change", sa.Column("case_id", sa.String(length=36), nullable=True))
    op.create_index("ix_address_change_due_at", "address_change", ["due_at"], unique=False)
    _cases()
    _beside_cases()


def _cases() -> None:
    op.create_table(
        "helpdesk_case",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator", sa.String(length=36), nullable=False),
        sa.Column("member_number", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("need", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("goal", sa.String(length=16), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("searched_by", sa.String(length=100), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("proven_at", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("reset_at", sa.BigInteger(), nullable=True),
        sa.Column("disclosed_at", sa.BigInteger(), nullable=True),
        sa.Column("explained", sa.Integer(), nullable=False),
        sa.Column("call_back_hash", sa.String(length=64), nullable=True),
        sa.Column("call_back_until", sa.BigInteger(), nullable=True),
        sa.Column("call_back_tries", sa.Integer(), nullable=False),
        sa.Column("called_back_at", sa.BigInteger(), nullable=True),
        sa.Column("wanted", sa.String(length=320), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("approval", sa.String(length=36), nullable=True),
        sa.Column("planned_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("end_why", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator"], ["staff_account.id"], name=op.f("fk_helpdesk_case_operator")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helpdesk_case")),
    )
    still_open = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_helpdesk_case_open",
        "helpdesk_case",
        ["member_number"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index(
        "ix_helpdesk_case_member_number", "helpdesk_case", ["member_number"], unique=False
    )
    op.create_index("ix_helpdesk_case_ended_at", "helpdesk_case", ["ended_at"], unique=False)


def _beside_cases() -> None:
    op.create_table(
        "helpdesk_step",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "event_id", name=op.f("pk_helpdesk_step")),
    )
    op.create_index("ix_helpdesk_step_at", "helpdesk_step", ["at"], unique=False)
    op.create_table(
        "helpdesk_search",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kinds", sa.String(length=40), nullable=False),
        sa.Column("found", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator"], ["staff_account.id"], name=op.f("fk_helpdesk_search_operator")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helpdesk_search")),
    )
    op.create_index(
        "ix_helpdesk_search_operator", "helpdesk_search", ["operator", "at"], unique=False
    )
    op.create_table(
        "helpdesk_removal",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("factor", sa.String(length=16), nullable=False),
        sa.Column("approval", sa.String(length=36), nullable=True),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subject"], ["account.subject"], name=op.f("fk_helpdesk_removal_subject")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helpdesk_removal")),
        sa.UniqueConstraint("case_id", name=op.f("uq_helpdesk_removal_case_id")),
    )
    op.create_index("ix_helpdesk_removal_subject", "helpdesk_removal", ["subject"], unique=False)
    op.create_index("ix_helpdesk_removal_due_at", "helpdesk_removal", ["due_at"], unique=False)


def downgrade() -> None:
    """Take it back; the events stay."""
    for table in ("helpdesk_removal", "helpdesk_search", "helpdesk_step", "helpdesk_case"):
        op.drop_table(table)
    op.drop_index("ix_address_change_due_at", "address_change")
    op.drop_column("address_change", "case_id")
    op.drop_column("address_change", "due_at")
    op.drop_table("member_key")
