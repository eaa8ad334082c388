"""The member's own pages."""
