"""The table of refusals that are counted and not recorded one by one."""

import sqlalchemy as sa

from idp.storage.tables import Instant, metadata

flood = sa.Table(
    "flood",
    metadata,
    sa.Column("source", sa.String(160), primary_key=True),
    sa.Column("minute", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("first_at", Instant, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("rule", sa.String(48), nullable=False),
    # The reference codes that were given out, one after the other, and the sealed address.
    sa.Column("codes", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
)
