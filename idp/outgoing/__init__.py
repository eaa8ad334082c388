"""Calls to others, through one guarded door."""
