"""Tables of proposed policies, each with its rehearsal, and of look-ups, to limit them."""

import sqlalchemy as sa

from idp.storage.tables import Digest, Instant, metadata

policy_proposal = sa.Table(
    "policy_proposal",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("digest", Digest, nullable=False),
    sa.Column("texts", sa.Text, nullable=False),
    sa.Column("base", Digest, nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("begins", Instant, nullable=False),
    sa.Column("ends", Instant, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("read", sa.BigInteger, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("result", sa.Text),
    sa.Column("failure", sa.String(500)),
    sa.Column("finished_at", Instant),
)
sa.Index("ix_policy_proposal_made_at", policy_proposal.c.made_at)
sa.Index("ix_policy_proposal_state", policy_proposal.c.state, policy_proposal.c.made_at)

staff_look_up = sa.Table(
    "staff_look_up",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("staff_id", sa.String(64), nullable=False),
    sa.Column("at", Instant, nullable=False),
)
sa.Index("ix_staff_look_up_staff_id", staff_look_up.c.staff_id, staff_look_up.c.at)
sa.Index("ix_staff_look_up_at", staff_look_up.c.at)
