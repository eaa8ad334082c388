"""Invitations to register, and registrations in progress."""
