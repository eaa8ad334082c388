"""Tables of saved reviews and sign-offs: rows are added, never changed (`log_protection`).

What counts is the event of each row; the tables are there so that the room can ask them. Criteria
stand sealed under the key of the person they name, or of the auditor who saved them.
"""

import sqlalchemy as sa

from idp.storage.tables import Digest, Instant, metadata

audit_review = sa.Table(
    "audit_review",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),  # of the event `review.saved`
    sa.Column("owner", sa.String(36), sa.ForeignKey("staff_account.id"), nullable=False),
    sa.Column("title", sa.String(100), nullable=False),
    sa.Column("rhythm", sa.String(16), nullable=False),
    sa.Column("criteria", sa.Text, nullable=False),
    sa.Column("digest", Digest, nullable=False),
    sa.Column("begins", Instant, nullable=False),
    sa.Column("ends", Instant),  # of a review that is done once
    sa.Column("saved_at", Instant, nullable=False),
)
sa.Index("ix_audit_review_owner", audit_review.c.owner)

audit_review_end = sa.Table(
    "audit_review_end",
    metadata,
    sa.Column("review_id", sa.String(36), sa.ForeignKey("audit_review.id"), primary_key=True),
    sa.Column("ended_at", Instant, nullable=False),
    sa.Column("event_id", sa.String(36), nullable=False),
)

audit_sign_off = sa.Table(
    "audit_sign_off",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),  # of the event `review.signed`
    sa.Column("review_id", sa.String(36), sa.ForeignKey("audit_review.id"), nullable=False),
    sa.Column("begins", Instant, nullable=False),
    sa.Column("ends", Instant, nullable=False),
    sa.Column("corrects", sa.String(36), sa.ForeignKey("audit_sign_off.id"), unique=True),
    sa.Column("signed_by", sa.String(36), nullable=False),
    sa.Column("signed_at", Instant, nullable=False),
    sa.Column("finding", sa.String(16), nullable=False),
    sa.Column("remark", sa.String(2000), nullable=False),
    sa.Column("found", sa.BigInteger, nullable=False),
    sa.Column("found_digest", Digest, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("root", Digest, nullable=False),
)
# One first sign-off for each period; each correction follows exactly one other.
_first = audit_sign_off.c.corrects.is_(None)
sa.Index(
    "ix_audit_sign_off_first",
    audit_sign_off.c.review_id,
    audit_sign_off.c.begins,
    unique=True,
    sqlite_where=_first,
    postgresql_where=_first,
)
sa.Index("ix_audit_sign_off_review_id", audit_sign_off.c.review_id, audit_sign_off.c.begins)
sa.Index("ix_audit_sign_off_signed_at", audit_sign_off.c.signed_at)
