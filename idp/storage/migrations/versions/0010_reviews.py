"""Saved reviews of the audit room, and their sign-offs."""

import sqlalchemy as sa
from alembic import op

from idp.storage.log_protection import protect_reviews

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "audit_review",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=36), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("rhythm", sa.String(length=16), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=True),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"], ["staff_account.id"], name=op.f("fk_audit_review_owner")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_review")),
    )
    op.create_index("ix_audit_review_owner", "audit_review", ["owner"], unique=False)
    op.create_table(
        "audit_review_end",
        sa.Column("review_id", sa.String(length=36), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["audit_review.id"], name=op.f("fk_audit_review_end_review_id")
        ),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_audit_review_end")),
    )
    _sign_offs()
    protect_reviews(op.get_bind())


def _sign_offs() -> None:
    op.create_table(
        "audit_sign_off",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("review_id", sa.String(length=36), nullable=False),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("corrects", sa.String(length=36), nullable=True),
        sa.Column("signed_by", sa.String(length=36), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.String(length=16), nullable=False),
        sa.Column("remark", sa.String(length=2000), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.Column("found_digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["audit_review.id"], name=op.f("fk_audit_sign_off_review_id")
        ),
        sa.ForeignKeyConstraint(
            ["corrects"], ["audit_sign_off.id"], name=op.f("fk_audit_sign_off_corrects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_sign_off")),
        sa.UniqueConstraint("corrects", name=op.f("uq_audit_sign_off_corrects")),
    )
    first = sa.text("corrects IS NULL")
    op.create_index(
        "ix_audit_sign_off_first",
        "audit_sign_off",
        ["review_id", "begins"],
        unique=True,
        sqlite_where=first,
        postgresql_where=first,
    )
    op.create_index(
        "ix_audit_sign_off_review_id", "audit_sign_off", ["review_id", "begins"], unique=False
    )
    op.create_index("ix_audit_sign_off_signed_at", "audit_sign_off", ["signed_at"], unique=False)


def downgrade() -> None:
    """Take it back; the events stay."""
    op.drop_table("audit_sign_off")
    op.drop_table("audit_review_end")
    op.drop_table("audit_review")
