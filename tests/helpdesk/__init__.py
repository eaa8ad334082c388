"""The telephone help desk, through HTTP as the staff uses it."""
