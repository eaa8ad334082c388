"""Recorded attempts, read back from the log: what replay, weather and explanations start from."""
