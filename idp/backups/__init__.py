"""Backups that verify, and restores that bring no erased person back."""
