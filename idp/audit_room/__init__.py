"""The audit room: what auditors ask of the log, and each look recorded."""
