"""Tables of use cases that take several days: changed addresses, and notices that were given."""

import sqlalchemy as sa

from idp.storage.tables import Day, Instant, metadata

address_change = sa.Table(
    "address_change",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("subject", sa.String(64), sa.ForeignKey("account.subject"), nullable=False),
    # The session it was asked for in: the one that goes on when the address has changed.
    sa.Column("session_id", sa.String(36), nullable=False),
    sa.Column("old_address", sa.String(320), nullable=False),
    sa.Column("old_normal", sa.String(320), nullable=False),
    sa.Column("new_address", sa.String(320), nullable=False),
    sa.Column("requested_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("new_confirmed_at", Instant),
    sa.Column("old_confirmed_at", Instant),
    sa.Column("changed_at", Instant),
    sa.Column("undone_at", Instant),
    sa.Column("ended_at", Instant),
    # One that the office makes upon a telephone call: not before this instant, and in which case.
    sa.Column("due_at", Instant),
    sa.Column("case_id", sa.String(36)),
)
sa.Index("ix_address_change_subject", address_change.c.subject)
# An address that was given up may be wanted back for a while: nobody else may take it.
sa.Index("ix_address_change_old_normal", address_change.c.old_normal)
sa.Index("ix_address_change_due_at", address_change.c.due_at)

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("subject", sa.String(64), sa.ForeignKey("account.subject"), primary_key=True),
    # What was told, and of which day: a moved plan gives new notices.
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("about_on", Day, primary_key=True),
    sa.Column("sent_at", Instant, nullable=False),
)
