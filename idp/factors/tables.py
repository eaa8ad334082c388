"""Tables of what members set up besides their password. Secrets stand wrapped or hashed."""

import sqlalchemy as sa

from idp.storage.tables import Digest, Instant, metadata

authenticator = sa.Table(
    "authenticator",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("subject", sa.String(64), sa.ForeignKey("account.subject"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),  # totp, passkey, email
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("secret", sa.Text),  # of TOTP, wrapped by the master key
    sa.Column("last_step", sa.BigInteger),  # of TOTP, moved by compare-and-set
    sa.Column("credential_id", sa.String(1400), unique=True),  # of a passkey, base64url
    sa.Column("public_key", sa.Text),  # of a passkey, COSE in base64url
    sa.Column("sign_count", sa.BigInteger),
    sa.Column("details", sa.Text),  # of a passkey: transports, aaguid, backed up; JSON
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("confirmed_at", Instant),
    sa.Column("last_used_at", Instant),
)
sa.Index("ix_authenticator_subject", authenticator.c.subject)

recovery_code = sa.Table(
    "recovery_code",
    metadata,
    sa.Column("subject", sa.String(64), sa.ForeignKey("account.subject"), primary_key=True),
    sa.Column("code_hash", Digest, primary_key=True),
    sa.Column("drawn_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)

passkey_challenge = sa.Table(
    "passkey_challenge",
    metadata,
    sa.Column("handle_hash", Digest, primary_key=True),
    sa.Column("browser_hash", Digest, nullable=False),
    sa.Column("challenge", sa.String(100), nullable=False),
    sa.Column("purpose", sa.String(16), nullable=False),
    sa.Column("subject", sa.String(64)),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("consumed_at", Instant),
)
sa.Index("ix_passkey_challenge_expires_at", passkey_challenge.c.expires_at)
