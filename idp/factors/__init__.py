"""Second factors: authenticator apps, recovery codes, passkeys, codes by mail."""
