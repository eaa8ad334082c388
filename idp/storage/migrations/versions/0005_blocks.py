"""Blocks as records, failures in a row, and refusals of a flooding address.

Administrative blocks that were set before get their record here; their reason stands in the log.
"""

import secrets
import uuid

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the change."""
    op.add_column("lease", sa.Column("authenticator", sa.String(length=120), nullable=True))
    op.add_column("lease", sa.Column("stranger", sa.Integer(), server_default="1", nullable=False))
    op.add_column("lease", sa.Column("subject", sa.String(length=64), nullable=True))
    op.create_index("ix_lease_authenticator", "lease", ["authenticator"], unique=False)
    floods = sa.text("name = 'flood.counted'")
    op.create_index(
        "ix_audit_event_flood",
        "audit_event",
        ["position"],
        unique=False,
        sqlite_where=floods,
        postgresql_where=floods,
    )
    _block()
    _administrative()
    op.create_table(
        "failures_in_a_row",
        sa.Column("authenticator", sa.String(length=120), nullable=False),
        sa.Column("strangers", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("succeeded_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("authenticator", name=op.f("pk_failures_in_a_row")),
    )
    op.create_index(
        "ix_failures_in_a_row_changed_at", "failures_in_a_row", ["changed_at"], unique=False
    )
    op.create_table(
        "flood",
        sa.Column("source", sa.String(length=160), nullable=False),
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(length=48), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "minute", name=op.f("pk_flood")),
    )
    op.create_table(
        "attack",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("targets", sa.Integer(), nullable=False),
        sa.Column("sources", sa.Integer(), nullable=False),
        sa.Column("right_answers", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attack")),
    )
    op.create_index("ix_attack_ended_at", "attack", ["ended_at"], unique=False)
    op.create_index("ix_attack_started_at", "attack", ["started_at"], unique=False)


def _block() -> None:
    op.create_table(
        "block",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("bucket", sa.String(length=160), nullable=False),
        sa.Column("rule", sa.String(length=48), nullable=True),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("policy_digest", sa.String(length=64), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=True),
        sa.Column("first_at", sa.BigInteger(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=True),
        sa.Column("window_seconds", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.Column("lifted_by", sa.String(length=64), nullable=True),
        sa.Column("lift_reason", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
    )
    op.create_index("ix_block_bucket_started_at", "block", ["bucket", "started_at"], unique=False)
    op.create_index("ix_block_subject_started_at", "block", ["subject", "started_at"], unique=False)
    op.create_index("ix_block_reference", "block", ["reference"], unique=False)
    op.create_index("ix_block_started_at", "block", ["started_at"], unique=False)


def _administrative() -> None:
    connection = op.get_bind()
    found = connection.execute(
        sa.text("SELECT subject, disabled_at FROM account WHERE disabled_at IS NOT NULL")
    )
    for subject, since in found.fetchall():
        letters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
        connection.execute(
            sa.text(
                "INSERT INTO block (id, kind, scope, subject, bucket, made_by, policy_digest,"
                " reason, reference, started_at) VALUES (:id, 'account', 'everyone', :subject,"
                " :bucket, 'unknown', '', 'set before blocks were records', :reference, :since)"
            ),
            {
                "id": str(uuid.uuid4()),
                "subject": subject,
                "bucket": f"person:{subject}",
                "reference": "".join(secrets.choice(letters) for _ in range(8)),
                "since": since,
            },
        )


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_attack_started_at", table_name="attack")
    op.drop_index("ix_attack_ended_at", table_name="attack")
    op.drop_table("attack")
    op.drop_index("ix_audit_event_flood", table_name="audit_event")
    op.drop_table("flood")
    op.drop_index("ix_failures_in_a_row_changed_at", table_name="failures_in_a_row")
    op.drop_table("failures_in_a_row")
    for index in ("started_at", "reference", "subject_started_at", "bucket_started_at"):
        op.drop_index(f"ix_block_{index}", table_name="block")
    op.drop_table("block")
    op.drop_index("ix_lease_authenticator", table_name="lease")
    op.drop_column("lease", "subject")
    op.drop_column("lease", "stranger")
    op.drop_column("lease", "authenticator")
