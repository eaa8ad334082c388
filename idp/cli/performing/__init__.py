"""A test relying party: what `idp perform` does, step by step, against any issuer.

Knows nothing of the provider's own code: it goes by discovery and the specifications alone, so that
what it reports is what any client would see.
"""
