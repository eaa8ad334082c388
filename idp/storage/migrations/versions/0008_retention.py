"""Retention: which purge covers which leaves, legal holds, erased members."""

import sqlalchemy as sa
from alembic import op

from idp.storage.log_protection import permit_purges, refuse_purges

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "audit_purge",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("class", sa.String(length=16), nullable=False),
        sa.Column("from_seq", sa.BigInteger(), nullable=False),
        sa.Column("to_seq", sa.BigInteger(), nullable=False),
        sa.Column("seqs", sa.Text(), nullable=False),
        sa.Column("purged_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_purge")),
    )
    op.create_index("ix_audit_purge_to_seq", "audit_purge", ["to_seq"], unique=False)
    op.create_table(
        "audit_purge_permit",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_purge_permit")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("also", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("placed_by", sa.String(length=64), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.Column("lifted_by", sa.String(length=64), nullable=True),
        sa.Column("lift_reason", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.add_column("member", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    permit_purges(op.get_bind())


def downgrade() -> None:
    """Take it back; bodies that were purged stay purged."""
    refuse_purges(op.get_bind())
    op.drop_column("member", "erased_at")
    op.drop_table("legal_hold")
    op.drop_table("audit_purge_permit")
    op.drop_index("ix_audit_purge_to_seq", table_name="audit_purge")
    op.drop_table("audit_purge")
