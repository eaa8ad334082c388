"""The table of mailboxes that could not be reached."""

import sqlalchemy as sa

from idp.storage.tables import Instant, metadata

undeliverable = sa.Table(
    "undeliverable_mailbox",
    metadata,
    sa.Column("address_normal", sa.String(320), primary_key=True),
    sa.Column("since", Instant, nullable=False),
    sa.Column("reason", sa.String(200), nullable=False),
)
