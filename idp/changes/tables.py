"""The table of change requests; requests are never deleted while their member is known."""

import sqlalchemy as sa

from idp.storage.tables import Day, Instant, metadata

change_request = sa.Table(
    "change_request",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column(
        "member_number", sa.String(16), sa.ForeignKey("member.member_number"), nullable=False
    ),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),  # name, address, phone
    sa.Column("wanted", sa.Text, nullable=False),  # JSON
    sa.Column("via", sa.String(128), nullable=False),  # a client_id, or "kumiai-id"
    sa.Column("idempotency_key", sa.String(128)),
    sa.Column("filed_at", Instant, nullable=False),
    sa.Column("due_on", Day, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # open, approved, refused, withdrawn
    sa.Column("effective_on", Day),
    sa.Column("decided_at", Instant),
    sa.Column("decided_by", sa.String(64)),
    sa.Column("reason", sa.Text),
    sa.UniqueConstraint("subject", "via", "idempotency_key"),
)
sa.Index("ix_change_request_state_due_on", change_request.c.state, change_request.c.due_on)
sa.Index("ix_change_request_subject", change_request.c.subject)
