"""Headers on every answer of the card: what its pages may load, say and be framed by."""

from typing import Final

from flask import Response

from relying_parties.card.settings import Settings

NO_STORE: Final = "no-store"
TIME_HEADER: Final = "Card-Time"


def content_security_policy(issuer_origin: str) -> str:
    """Return the one policy for all pages: own files only, own calls and the provider's."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"connect-src 'self' {issuer_origin}",
            "img-src 'self' data:",
            "manifest-src 'self'",
            "worker-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        )
    )


def protect(response: Response, settings: Settings, now: float) -> Response:
    """Add the security headers and the card's time; answers are not stored unless they say so."""
    headers = response.headers
    headers["Content-Security-Policy"] = content_security_policy(settings.issuer_origin)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if settings.public_https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    headers[TIME_HEADER] = f"{now:.3f}"
    headers.setdefault("Cache-Control", NO_STORE)
    return response
