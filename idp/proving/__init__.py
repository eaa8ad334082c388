"""Secrets sent to a mailbox, and the proof that somebody reads it."""
