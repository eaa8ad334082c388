"""Tables of sign-ins in progress: the password was right, a second factor is still asked for."""

import sqlalchemy as sa

from idp.storage.tables import Digest, Instant, metadata

sign_in_progress = sa.Table(
    "sign_in_progress",
    metadata,
    sa.Column("handle_hash", Digest, primary_key=True),
    sa.Column("browser_hash", Digest, nullable=False),
    sa.Column("subject", sa.String(64), sa.ForeignKey("account.subject"), nullable=False),
    # The account's `credentials_changed_at` when the password was right: a reset ends this.
    sa.Column("credentials_changed_at", Instant, nullable=False),
    sa.Column("amr", sa.String(64), nullable=False),
    sa.Column("request", sa.String(64), nullable=False),
    # What the client asked for, in its order: `acr` values of ours, separated by blanks.
    sa.Column("wanted", sa.String(200), nullable=False),
    sa.Column("shared_device", sa.Integer, nullable=False),  # 0 or 1
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("consumed_at", Instant),
)
sa.Index("ix_sign_in_progress_expires_at", sign_in_progress.c.expires_at)
sa.Index("ix_sign_in_progress_subject", sign_in_progress.c.subject)
