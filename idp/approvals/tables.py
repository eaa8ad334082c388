"""The table of requests that wait, or waited, for a second person."""

import sqlalchemy as sa

from idp.storage.tables import Digest, Instant, metadata

approval = sa.Table(
    "approval",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    # Of a staff account, or the actor's name where an operator stood on the node.
    sa.Column("requester", sa.String(64), nullable=False),
    sa.Column("actor_kind", sa.String(16), nullable=False),
    sa.Column("actor_role", sa.String(64)),
    sa.Column("session", sa.String(64)),
    sa.Column("browser", Digest),
    sa.Column("digest", Digest, nullable=False),
    # Keyed hash of what is asked for, by whom: the same thing sent twice is one request.
    sa.Column("likeness", Digest, nullable=False),
    # Whose key seals `content` and `answer`; both are gone when that person is erased.
    sa.Column("person", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(64)),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("ended_by", sa.String(64)),
    sa.Column("review_by", Instant),
    sa.Column("reviewed_at", Instant),
    sa.Column("reviewed_by", sa.String(64)),
    sa.Column("in_order", sa.Integer),
)
_waiting = sa.text("state = 'waiting'")
sa.Index(
    "ix_approval_waiting",
    approval.c.likeness,
    unique=True,
    sqlite_where=_waiting,
    postgresql_where=_waiting,
)
sa.Index("ix_approval_state", approval.c.state, approval.c.expires_at)
sa.Index("ix_approval_requester", approval.c.requester, approval.c.created_at)
sa.Index("ix_approval_ended_at", approval.c.ended_at)
sa.Index("ix_approval_review_by", approval.c.review_by)

# What one person did alone, because it was below the number from which a second one is asked.
approval_single = sa.Table(
    "approval_single",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("requester", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("at", Instant, nullable=False),
)
sa.Index("ix_approval_single_at", approval_single.c.at)
sa.Index(
    "ix_approval_single_requester",
    approval_single.c.requester,
    approval_single.c.kind,
    approval_single.c.at,
)
