"""Who fetched the key set: for `idp keys readiness`."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "key_set_fetch",
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("authenticated_at", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("kids", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("client_id", "address", name=op.f("pk_key_set_fetch")),
    )
    op.create_index("ix_key_set_fetch_address", "key_set_fetch", ["address"], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_key_set_fetch_address", table_name="key_set_fetch")
    op.drop_table("key_set_fetch")
