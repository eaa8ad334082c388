"""Retention and erasure."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the change."""


def downgrade() -> None:
    """Take it back."""
