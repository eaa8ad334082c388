"""Pages of the staff: the way in, and the frame of the console."""
