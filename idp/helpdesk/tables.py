"""Tables of the telephone help desk.

A case is one row, so that holding it holds all of it. It knows no answer: only which question was
asked, and whether what was said fitted.
"""

import sqlalchemy as sa

from idp.storage.tables import Digest, Instant, metadata

helpdesk_case = sa.Table(
    "helpdesk_case",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator", sa.String(36), sa.ForeignKey("staff_account.id"), nullable=False),
    sa.Column("member_number", sa.String(16), nullable=False),
    sa.Column("subject", sa.String(64)),
    sa.Column("need", sa.String(24), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("goal", sa.String(16), nullable=False),
    sa.Column("questions", sa.Text, nullable=False),
    sa.Column("searched_by", sa.String(100), nullable=False),
    sa.Column("wrong", sa.Integer, nullable=False),
    sa.Column("answered", sa.Integer, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("proven_at", Instant),
    sa.Column("told_at", Instant),
    sa.Column("reset_at", Instant),
    sa.Column("disclosed_at", Instant),
    sa.Column("explained", sa.Integer, nullable=False),
    sa.Column("call_back_hash", Digest),
    sa.Column("call_back_until", Instant),
    sa.Column("call_back_tries", sa.Integer, nullable=False),
    sa.Column("called_back_at", Instant),
    sa.Column("wanted", sa.String(320)),
    sa.Column("asked_at", Instant),
    sa.Column("approval", sa.String(36)),
    sa.Column("planned_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("end_why", sa.String(16)),
)
_open = helpdesk_case.c.ended_at.is_(None)
# One open case on a member, whoever is called, however close the race.
sa.Index(
    "ix_helpdesk_case_open",
    helpdesk_case.c.member_number,
    unique=True,
    sqlite_where=_open,
    postgresql_where=_open,
)
sa.Index("ix_helpdesk_case_member_number", helpdesk_case.c.member_number)
sa.Index("ix_helpdesk_case_ended_at", helpdesk_case.c.ended_at)

helpdesk_step = sa.Table(
    "helpdesk_step",
    metadata,
    sa.Column("case_id", sa.String(36), primary_key=True),
    sa.Column("event_id", sa.String(36), primary_key=True),
    sa.Column("at", Instant, nullable=False),
)
sa.Index("ix_helpdesk_step_at", helpdesk_step.c.at)

helpdesk_search = sa.Table(
    "helpdesk_search",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator", sa.String(36), sa.ForeignKey("staff_account.id"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("kinds", sa.String(40), nullable=False),
    sa.Column("found", sa.String(400), nullable=False),
)
sa.Index("ix_helpdesk_search_operator", helpdesk_search.c.operator, helpdesk_search.c.at)

helpdesk_removal = sa.Table(
    "helpdesk_removal",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("case_id", sa.String(36), nullable=False, unique=True),
    sa.Column("subject", sa.String(64), sa.ForeignKey("account.subject"), nullable=False),
    sa.Column("factor", sa.String(16), nullable=False),
    sa.Column("approval", sa.String(36)),
    sa.Column("planned_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("done_at", Instant),
    sa.Column("ended_at", Instant),
)
sa.Index("ix_helpdesk_removal_subject", helpdesk_removal.c.subject)
sa.Index("ix_helpdesk_removal_due_at", helpdesk_removal.c.due_at)
