"""Limits, leases and refusals around every secret."""
