"""What is killed, filled up or damaged loses nothing that was acknowledged."""
