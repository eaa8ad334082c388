"""The table of answers that are kept for requests which come again."""

import sqlalchemy as sa

from idp.storage.tables import Digest, Instant, metadata

admin_answer = sa.Table(
    "admin_answer",
    metadata,
    sa.Column("client_id", sa.String(128), primary_key=True),
    sa.Column("key", sa.String(128), primary_key=True),
    sa.Column("request_digest", Digest, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    # Wrapped under the master key: an answer may hold a secret that is shown this once.
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("answered_at", Instant, nullable=False),
)
sa.Index("ix_admin_answer_answered_at", admin_answer.c.answered_at)
