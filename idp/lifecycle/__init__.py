"""Use cases that cross packages: ending sessions, stopping, blocking."""
