"""The life of a member: invitations, factors, mailed secrets, changes, notices, SCIM tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "mailed_secret",
        sa.Column("selector", sa.String(length=24), nullable=False),
        sa.Column("flow", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=320), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("code_mac", sa.String(length=64), nullable=False),
        sa.Column("binding", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("selector", name=op.f("pk_mailed_secret")),
    )
    op.create_index("ix_mailed_secret_expires_at", "mailed_secret", ["expires_at"], unique=False)
    op.create_index("ix_mailed_secret_flow", "mailed_secret", ["flow"], unique=False)
    op.create_index("ix_mailed_secret_subject", "mailed_secret", ["subject"], unique=False)
    op.create_table(
        "passkey_challenge",
        sa.Column("handle_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("challenge", sa.String(length=100), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("consumed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("handle_hash", name=op.f("pk_passkey_challenge")),
    )
    op.create_index(
        "ix_passkey_challenge_expires_at", "passkey_challenge", ["expires_at"], unique=False
    )
    op.create_table(
        "registration",
        sa.Column("handle_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("selector", sa.String(length=16), nullable=False),
        sa.Column("member_number", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=True),
        sa.Column("address_proven_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("consumed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("handle_hash", name=op.f("pk_registration")),
    )
    op.create_index("ix_registration_expires_at", "registration", ["expires_at"], unique=False)
    op.create_table(
        "scim_token",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scim_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_scim_token_token_hash")),
    )
    op.create_table(
        "undeliverable_mailbox",
        sa.Column("address_normal", sa.String(length=320), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("address_normal", name=op.f("pk_undeliverable_mailbox")),
    )
    op.create_table(
        "change_request",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("member_number", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("via", sa.String(length=128), nullable=False),
        sa.Column("idempotency_key", sa.String(length=128), nullable=True),
        sa.Column("filed_at", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("effective_on", sa.String(length=10), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_number"],
            ["member.member_number"],
            name=op.f("fk_change_request_member_number"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_request")),
        sa.UniqueConstraint(
            "subject",
            "via",
            "idempotency_key",
            name=op.f("uq_change_request_subject_via_idempotency_key"),
        ),
    )
    op.create_index(
        "ix_change_request_state_due_on", "change_request", ["state", "due_on"], unique=False
    )
    op.create_index("ix_change_request_subject", "change_request", ["subject"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("selector", sa.String(length=16), nullable=False),
        sa.Column("member_number", sa.String(length=16), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("code_wrapped", sa.Text(), nullable=True),
        sa.Column("sent_by", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("printed_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_number"], ["member.member_number"], name=op.f("fk_invitation_member_number")
        ),
        sa.PrimaryKeyConstraint("selector", name=op.f("pk_invitation")),
    )
    op.create_index("ix_invitation_member_number", "invitation", ["member_number"], unique=False)
    op.create_index(
        "uq_invitation_live",
        "invitation",
        ["member_number"],
        unique=True,
        sqlite_where=sa.text("used_at IS NULL AND ended_at IS NULL"),
        postgresql_where=sa.text("used_at IS NULL AND ended_at IS NULL"),
    )
    op.create_table(
        "address_change",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("old_address", sa.String(length=320), nullable=False),
        sa.Column("old_normal", sa.String(length=320), nullable=False),
        sa.Column("new_address", sa.String(length=320), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("new_confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("old_confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subject"], ["account.subject"], name=op.f("fk_address_change_subject")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
    )
    op.create_index("ix_address_change_subject", "address_change", ["subject"], unique=False)
    op.create_index("ix_address_change_old_normal", "address_change", ["old_normal"], unique=False)
    op.create_table(
        "authenticator",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("credential_id", sa.String(length=1400), nullable=True),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("sign_count", sa.BigInteger(), nullable=True),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subject"], ["account.subject"], name=op.f("fk_authenticator_subject")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticator")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_authenticator_credential_id")),
    )
    op.create_index("ix_authenticator_subject", "authenticator", ["subject"], unique=False)
    op.create_table(
        "notice",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("about_on", sa.String(length=10), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["account.subject"], name=op.f("fk_notice_subject")),
        sa.PrimaryKeyConstraint("subject", "kind", "about_on", name=op.f("pk_notice")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("drawn_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subject"], ["account.subject"], name=op.f("fk_recovery_code_subject")
        ),
        sa.PrimaryKeyConstraint("subject", "code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "sign_in_progress",
        sa.Column("handle_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("credentials_changed_at", sa.BigInteger(), nullable=False),
        sa.Column("amr", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("wanted", sa.String(length=200), nullable=False),
        sa.Column("shared_device", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("consumed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subject"], ["account.subject"], name=op.f("fk_sign_in_progress_subject")
        ),
        sa.PrimaryKeyConstraint("handle_hash", name=op.f("pk_sign_in_progress")),
    )
    op.create_index(
        "ix_sign_in_progress_expires_at", "sign_in_progress", ["expires_at"], unique=False
    )
    op.create_index("ix_sign_in_progress_subject", "sign_in_progress", ["subject"], unique=False)
    op.add_column("member", sa.Column("external_id", sa.String(length=200), nullable=True))
    op.create_index("ix_member_external_id", "member", ["external_id"], unique=False)
    op.create_index("ix_member_updated_at", "member", ["updated_at"], unique=False)
    for day in ("capital_paid_on", "refund_planned_on", "capital_refunded_on"):
        op.create_index(f"ix_member_{day}", "member", [day], unique=False)
    op.add_column("account", sa.Column("legacy_scheme", sa.String(length=32), nullable=True))
    op.add_column("account", sa.Column("signed_in_at", sa.BigInteger(), nullable=True))
    op.add_column("known_device", sa.Column("agent", sa.String(length=200), nullable=True))
    op.add_column("session", sa.Column("agent", sa.String(length=200), nullable=True))
    op.add_column("session", sa.Column("address", sa.String(length=45), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("session", "address")
    op.drop_column("session", "agent")
    op.drop_column("known_device", "agent")
    op.drop_column("account", "signed_in_at")
    op.drop_column("account", "legacy_scheme")
    for day in ("capital_paid_on", "refund_planned_on", "capital_refunded_on"):
        op.drop_index(f"ix_member_{day}", table_name="member")
    op.drop_index("ix_member_updated_at", table_name="member")
    op.drop_index("ix_member_external_id", table_name="member")
    op.drop_column("member", "external_id")
    op.drop_index("ix_sign_in_progress_subject", table_name="sign_in_progress")
    op.drop_index("ix_sign_in_progress_expires_at", table_name="sign_in_progress")
    op.drop_table("sign_in_progress")
    op.drop_table("recovery_code")
    op.drop_table("notice")
    op.drop_index("ix_authenticator_subject", table_name="authenticator")
    op.drop_table("authenticator")
    op.drop_index("ix_address_change_old_normal", table_name="address_change")
    op.drop_index("ix_address_change_subject", table_name="address_change")
    op.drop_table("address_change")
    op.drop_index(
        "uq_invitation_live",
        table_name="invitation",
        sqlite_where=sa.text("used_at IS NULL AND ended_at IS NULL"),
        postgresql_where=sa.text("used_at IS NULL AND ended_at IS NULL"),
    )
    op.drop_index("ix_invitation_member_number", table_name="invitation")
    op.drop_table("invitation")
    op.drop_index("ix_change_request_subject", table_name="change_request")
    op.drop_index("ix_change_request_state_due_on", table_name="change_request")
    op.drop_table("change_request")
    op.drop_table("undeliverable_mailbox")
    op.drop_table("scim_token")
    op.drop_index("ix_registration_expires_at", table_name="registration")
    op.drop_table("registration")
    op.drop_index("ix_passkey_challenge_expires_at", table_name="passkey_challenge")
    op.drop_table("passkey_challenge")
    op.drop_index("ix_mailed_secret_subject", table_name="mailed_secret")
    op.drop_index("ix_mailed_secret_flow", table_name="mailed_secret")
    op.drop_index("ix_mailed_secret_expires_at", table_name="mailed_secret")
    op.drop_table("mailed_secret")
