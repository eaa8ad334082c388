"""Tables of invitations and of registrations in progress. Codes stand here only as hashes."""

import sqlalchemy as sa

from idp.storage.tables import Digest, Instant, metadata

invitation = sa.Table(
    "invitation",
    metadata,
    sa.Column("selector", sa.String(16), primary_key=True),
    sa.Column(
        "member_number", sa.String(16), sa.ForeignKey("member.member_number"), nullable=False
    ),
    sa.Column("code_hash", Digest, nullable=False),
    sa.Column("key_id", sa.String(32), nullable=False),  # the master key behind `code_hash`
    # The code wrapped by the master key, until its mail or letter is made; then NULL.
    sa.Column("code_wrapped", sa.Text),
    sa.Column("sent_by", sa.String(16), nullable=False),  # mail, letter
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("printed_at", Instant),
    sa.Column("used_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("end_reason", sa.String(32)),
)
sa.Index("ix_invitation_member_number", invitation.c.member_number)
sa.Index(
    "uq_invitation_live",
    invitation.c.member_number,
    unique=True,
    sqlite_where=sa.text("used_at IS NULL AND ended_at IS NULL"),
    postgresql_where=sa.text("used_at IS NULL AND ended_at IS NULL"),
)

registration = sa.Table(
    "registration",
    metadata,
    sa.Column("handle_hash", Digest, primary_key=True),
    sa.Column("browser_hash", Digest, nullable=False),
    sa.Column("selector", sa.String(16), nullable=False),
    sa.Column("member_number", sa.String(16), nullable=False),
    sa.Column("address", sa.String(320)),
    sa.Column("address_proven_at", Instant),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("consumed_at", Instant),
)
sa.Index("ix_registration_expires_at", registration.c.expires_at)
