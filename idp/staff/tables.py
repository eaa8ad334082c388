"""Tables of staff accounts: apart from the members', for nothing of one may open the other.

Roles are kept with their beginning and end: who held which since when is evidence.
"""

import sqlalchemy as sa

from idp.storage.tables import Digest, Instant, metadata

staff_account = sa.Table(
    "staff_account",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("address", sa.String(320), nullable=False),
    # Empty once the account has ended: the address may come back with another account.
    sa.Column("address_normal", sa.String(320), unique=True),
    sa.Column("password_hash", sa.String(400)),
    sa.Column("credentials_changed_at", Instant, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", sa.String(64), nullable=False),
    sa.Column("enrolled_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("ended_by", sa.String(64)),
    sa.Column("end_reason", sa.String(500)),
)

staff_role = sa.Table(
    "staff_role",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("staff_id", sa.String(36), sa.ForeignKey("staff_account.id"), nullable=False),
    sa.Column("role", sa.String(32), nullable=False),
    sa.Column("granted_at", Instant, nullable=False),
    sa.Column("granted_by", sa.String(64), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("ended_by", sa.String(64)),
    sa.Column("end_reason", sa.String(500)),
    sa.Column("until", Instant),  # a role of an emergency ends by itself
)
sa.Index("ix_staff_role_staff_id", staff_role.c.staff_id)
_held = staff_role.c.ended_at.is_(None)
sa.Index(
    "ix_staff_role_held",
    staff_role.c.staff_id,
    staff_role.c.role,
    unique=True,
    sqlite_where=_held,
    postgresql_where=_held,
)

staff_enrolment = sa.Table(
    "staff_enrolment",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("selector", sa.String(16), nullable=False, unique=True),
    sa.Column("secret_hash", Digest, nullable=False),
    sa.Column("staff_id", sa.String(36), sa.ForeignKey("staff_account.id"), nullable=False),
    sa.Column("totp_secret", sa.Text, nullable=False),  # wrapped by the master key
    # Typed already, and in force only once a code of the app was right as well.
    sa.Column("password_hash", sa.String(400)),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("consumed_at", Instant),
)
sa.Index("ix_staff_enrolment_staff_id", staff_enrolment.c.staff_id)
sa.Index("ix_staff_enrolment_expires_at", staff_enrolment.c.expires_at)

staff_totp = sa.Table(
    "staff_totp",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),  # of the enrolment it came with
    sa.Column(
        "staff_id", sa.String(36), sa.ForeignKey("staff_account.id"), nullable=False, unique=True
    ),
    sa.Column("secret", sa.Text, nullable=False),  # wrapped by the master key
    sa.Column("last_step", sa.BigInteger, nullable=False),  # moved by compare-and-set
    sa.Column("confirmed_at", Instant, nullable=False),
    sa.Column("last_used_at", Instant, nullable=False),
)

staff_sign_in = sa.Table(
    "staff_sign_in",
    metadata,
    sa.Column("handle_hash", Digest, primary_key=True),
    sa.Column("browser_hash", Digest, nullable=False),
    sa.Column("staff_id", sa.String(36), sa.ForeignKey("staff_account.id"), nullable=False),
    sa.Column("credentials_changed_at", Instant, nullable=False),
    sa.Column("target", sa.String(200), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("consumed_at", Instant),
)
sa.Index("ix_staff_sign_in_expires_at", staff_sign_in.c.expires_at)

staff_session = sa.Table(
    "staff_session",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("cookie_hash", Digest, nullable=False, unique=True),
    sa.Column("staff_id", sa.String(36), sa.ForeignKey("staff_account.id"), nullable=False),
    sa.Column("auth_time", Instant, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("last_seen_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("end_reason", sa.String(32)),
    sa.Column("agent", sa.String(200)),
    sa.Column("address", sa.String(45)),
)
sa.Index("ix_staff_session_staff_id", staff_session.c.staff_id)
sa.Index("ix_staff_session_expires_at", staff_session.c.expires_at)

staff_device = sa.Table(
    "staff_device",
    metadata,
    sa.Column("staff_id", sa.String(36), sa.ForeignKey("staff_account.id"), primary_key=True),
    sa.Column("device_hash", Digest, primary_key=True),
    sa.Column("last_seen_at", Instant, nullable=False),
)
