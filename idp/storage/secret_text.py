"""Opaque secrets: how they are drawn, and the only form in which they are stored."""

import hashlib
import secrets


def draw_token() -> str:
    """Draw 256 random bits as 43 base64url characters."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Give the SHA-256 under which an opaque secret is stored and looked up, in hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
