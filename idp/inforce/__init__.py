"""Which policy is in force, since when, and by whose act."""
