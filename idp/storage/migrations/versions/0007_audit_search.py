"""The search index of the log."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

COLUMNS = ("subject", "client", "name")


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "audit_term",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("term", "position", name=op.f("pk_audit_term")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_audit_term_position", "audit_term", ["position"], unique=False, postgresql_using="brin"
    )
    op.create_table(
        "audit_index",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("indexed", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audit_index")),
    )
    for column in COLUMNS:
        name = f"ix_audit_event_{column}_position"
        op.create_index(name, "audit_event", [column, "position"], unique=False)
    not_done = sa.text("outcome <> 'done'")
    op.create_index(
        "ix_audit_event_not_done",
        "audit_event",
        ["outcome", "position"],
        unique=False,
        sqlite_where=not_done,
        postgresql_where=not_done,
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_audit_event_not_done", table_name="audit_event")
    for column in reversed(COLUMNS):
        op.drop_index(f"ix_audit_event_{column}_position", table_name="audit_event")
    op.drop_table("audit_index")
    op.drop_index("ix_audit_term_position", table_name="audit_term")
    op.drop_table("audit_term")
