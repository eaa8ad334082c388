"""The pages of the desk, one file per room of it."""
