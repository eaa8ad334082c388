"""Mails: what is written to whom, and how it reaches the mail server."""
