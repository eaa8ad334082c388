"""SCIM 2.0: the register feed of a core system (RFC 7643, RFC 7644)."""
