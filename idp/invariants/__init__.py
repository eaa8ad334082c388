"""Whether the state of the database is what its own log tells: `idp doctor invariants`."""
