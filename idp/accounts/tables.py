"""The table of accounts, and the columns that make an `Account`."""

import sqlalchemy as sa

from idp.storage.tables import Instant, metadata

account = sa.Table(
    "account",
    metadata,
    sa.Column("subject", sa.String(64), primary_key=True),
    sa.Column(
        "member_number",
        sa.String(16),
        sa.ForeignKey("member.member_number"),
        nullable=False,
        unique=True,
    ),
    sa.Column("address", sa.String(320), nullable=False),
    sa.Column("address_normal", sa.String(320), nullable=False, unique=True),
    sa.Column("password_hash", sa.String(400)),
    sa.Column("credentials_changed_at", Instant, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("stopped_at", Instant),
    sa.Column("disabled_at", Instant),
    # The scheme of a hash that came from an older portal, until the first sign-in renews it.
    sa.Column("legacy_scheme", sa.String(32)),
    sa.Column("signed_in_at", Instant),
)

_c = account.c
ACCOUNT_COLUMNS = (
    _c.subject,
    _c.member_number,
    _c.address,
    _c.password_hash,
    _c.credentials_changed_at,
    _c.stopped_at,
    _c.disabled_at,
)
