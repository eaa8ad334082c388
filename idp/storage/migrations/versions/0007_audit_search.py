"""The search index of the log."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the change."""


def downgrade() -> None:
    """Take it back."""
