"""Searching the audit log: an index beside it, and searches whose cost is bounded (ADR 19)."""
