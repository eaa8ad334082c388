"""A tamper-evident audit log, usable alone (standard library and `cryptography` only).

Owns the form of an event, its canonical bytes, the Merkle tree over them, signed checkpoints, the
pack an auditor is handed and its verifier. Where events are stored, who seals them and when they
are purged is left to the application that uses this package.
"""
