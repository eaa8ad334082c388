"""The one metadata that every store registers its tables with, and the column types they share."""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Instant = sa.BigInteger
"""Whole microseconds since the Unix epoch, UTC (SQLite would return naive datetimes)."""

Day = sa.String(10)
"""A date in Asia/Tokyo as ISO text."""

Digest = sa.String(64)
"""SHA-256 in lower-case hex: how every secret stands at rest."""
