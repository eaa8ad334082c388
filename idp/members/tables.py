"""The search index of the register: folded names and the last digits of telephone numbers."""

import sqlalchemy as sa

from idp.storage.tables import metadata

# PostgreSQL would sort by its locale; a beginning is looked for by bytes.
Folded = sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql")

member_key = sa.Table(
    "member_key",
    metadata,
    sa.Column("kind", sa.String(8), primary_key=True),
    sa.Column("key", Folded, primary_key=True),
    sa.Column(
        "member_number", sa.String(16), sa.ForeignKey("member.member_number"), primary_key=True
    ),
)
sa.Index("ix_member_key_member_number", member_key.c.member_number)
