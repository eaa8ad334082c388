"""Tables of the search index: which events have which term, and how far the log is indexed.

The index lies outside the leaf: it may be thrown away and made again from the events.
"""

import sqlalchemy as sa

from idp.storage.tables import Instant, metadata

audit_term = sa.Table(
    "audit_term",
    metadata,
    sa.Column("term", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""A term is a keyed hash (`idp.audit_search.terms`); positions are those of `audit_event`."""

# For the terms that go with purged bodies: positions lie in the order of insertion, so that on
# PostgreSQL a few pages of ranges will do.
sa.Index("ix_audit_term_position", audit_term.c.position, postgresql_using="brin")

audit_index = sa.Table(
    "audit_index",
    metadata,
    sa.Column("name", sa.String(16), primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("indexed", sa.BigInteger, nullable=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
)
"""One row: the wrapped key of the terms, how many leaves are indexed, and what raised a stamp."""
