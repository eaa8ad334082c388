"""Pages of the audit room, on the frame of the console. No page needs JavaScript."""
