"""What clients and the provider said to one another last: for developers, in a demo only."""
