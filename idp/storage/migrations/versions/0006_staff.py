"""Staff accounts: persons, roles, apps, one-time links, sessions, known browsers."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_TABLES = (
    "staff_device",
    "staff_session",
    "staff_sign_in",
    "staff_totp",
    "staff_enrolment",
    "staff_role",
    "staff_account",
)


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "staff_account",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("address_normal", sa.String(length=320), nullable=True),
        sa.Column("password_hash", sa.String(length=400), nullable=True),
        sa.Column("credentials_changed_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("end_reason", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_account")),
        sa.UniqueConstraint("address_normal", name=op.f("uq_staff_account_address_normal")),
    )
    _roles()
    _factors()
    _sessions()


def _roles() -> None:
    op.create_table(
        "staff_role",
        sa.Column("id", sa.String(length=36), nullable=False),
        _staff_id(),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("granted_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("end_reason", sa.String(length=500), nullable=True),
        _of_somebody("staff_role"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_role")),
    )
    op.create_index("ix_staff_role_staff_id", "staff_role", ["staff_id"], unique=False)
    held = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_staff_role_held",
        "staff_role",
        ["staff_id", "role"],
        unique=True,
        sqlite_where=held,
        postgresql_where=held,
    )


def _factors() -> None:
    op.create_table(
        "staff_enrolment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("selector", sa.String(length=16), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        _staff_id(),
        sa.Column("totp_secret", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.String(length=400), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("consumed_at", sa.BigInteger(), nullable=True),
        _of_somebody("staff_enrolment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_enrolment")),
        sa.UniqueConstraint("selector", name=op.f("uq_staff_enrolment_selector")),
    )
    op.create_index("ix_staff_enrolment_staff_id", "staff_enrolment", ["staff_id"], unique=False)
    op.create_index(
        "ix_staff_enrolment_expires_at", "staff_enrolment", ["expires_at"], unique=False
    )
    op.create_table(
        "staff_totp",
        sa.Column("id", sa.String(length=36), nullable=False),
        _staff_id(),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        _of_somebody("staff_totp"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_totp")),
        sa.UniqueConstraint("staff_id", name=op.f("uq_staff_totp_staff_id")),
    )


def _sessions() -> None:
    op.create_table(
        "staff_sign_in",
        sa.Column("handle_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        _staff_id(),
        sa.Column("credentials_changed_at", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("consumed_at", sa.BigInteger(), nullable=True),
        _of_somebody("staff_sign_in"),
        sa.PrimaryKeyConstraint("handle_hash", name=op.f("pk_staff_sign_in")),
    )
    op.create_index("ix_staff_sign_in_expires_at", "staff_sign_in", ["expires_at"], unique=False)
    op.create_table(
        "staff_session",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("cookie_hash", sa.String(length=64), nullable=False),
        _staff_id(),
        sa.Column("auth_time", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.Column("agent", sa.String(length=200), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=True),
        _of_somebody("staff_session"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
        sa.UniqueConstraint("cookie_hash", name=op.f("uq_staff_session_cookie_hash")),
    )
    op.create_index("ix_staff_session_staff_id", "staff_session", ["staff_id"], unique=False)
    op.create_index("ix_staff_session_expires_at", "staff_session", ["expires_at"], unique=False)
    op.create_table(
        "staff_device",
        _staff_id(),
        sa.Column("device_hash", sa.String(length=64), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        _of_somebody("staff_device"),
        sa.PrimaryKeyConstraint("staff_id", "device_hash", name=op.f("pk_staff_device")),
    )


def _staff_id() -> "sa.Column[str]":
    return sa.Column("staff_id", sa.String(length=36), nullable=False)


def _of_somebody(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["staff_id"], ["staff_account.id"], name=op.f(f"fk_{table}_staff_id")
    )


def downgrade() -> None:
    """Take it back."""
    for table in _TABLES:
        op.drop_table(table)
