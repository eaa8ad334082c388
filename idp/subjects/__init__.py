"""Per-person encryption keys; destroying one erases the person from the log."""
