"""Keys in motion: rotation as planned, in an emergency, under a new master key, and who follows."""
