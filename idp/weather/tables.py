"""Tables of the weather: attacks from when to when, and what happened in each minute."""

import sqlalchemy as sa

from idp.storage.tables import Instant, metadata

attack = sa.Table(
    "attack",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("key", sa.String(160), nullable=False),
    sa.Column("subject", sa.String(64)),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("targets", sa.Integer, nullable=False),
    sa.Column("sources", sa.Integer, nullable=False),
    sa.Column("right_answers", sa.Integer, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("last_seen_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
)
sa.Index("ix_attack_ended_at", attack.c.ended_at)
sa.Index("ix_attack_started_at", attack.c.started_at)

weather_minute = sa.Table(
    "weather_minute",
    metadata,
    sa.Column("minute", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("right_answers", sa.Integer, nullable=False),
    sa.Column("wrong", sa.Integer, nullable=False),
    sa.Column("refused", sa.Integer, nullable=False),
    sa.Column("mails", sa.Integer, nullable=False),
)
