"""Erase a person: the key, what is stored in clear, and every copy that a backup brings back."""
