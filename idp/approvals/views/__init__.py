"""Pages of what waits for a second person."""
