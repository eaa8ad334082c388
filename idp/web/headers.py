"""Security headers of every page (ASVS 5.0 V3.4), and the content security policy.

`form-action` also names the relying party's origin while an authorization is in progress, because
Chromium applies it to the redirects that follow a POST (CSP 3, 6.4.1).
"""

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_SOURCE = re.compile(r"[a-z][a-z0-9+.-]*:(//[a-z0-9.-]+(:[0-9]{1,5})?)?")
_PERMISSIONS = (
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), "
    "publickey-credentials-get=(self), publickey-credentials-create=(self)"
)
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": _PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_CSP = "Content-Security-Policy"
_HSTS = "max-age=31536000; includeSubDomains"


def form_action_source(redirect_uri: str) -> str:
    """Name the origin of a *proven* redirect_uri as a CSP source, or its scheme.

    Only the scheme remains where CSP has no way to write the host (IPv6 literals, other
    alphabets, private-use schemes of RFC 8252 7.1). Raises ValueError without a scheme.
    """
    parts = urlsplit(redirect_uri)
    scheme = parts.scheme.lower()
    if not _SCHEME.fullmatch(scheme):
        raise ValueError("a redirect_uri without a scheme")
    host = (parts.hostname or "").lower()
    if scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return f"{scheme}:"
    port = f":{parts.port}" if parts.port is not None else ""
    return f"{scheme}://{host}{port}"


@lru_cache(maxsize=256)
def content_security_policy(form_action: tuple[str, ...] = ()) -> str:
    """Write the policy of a page; raises ValueError for a source that is not one of ours."""
    for source in form_action:
        if not _SOURCE.fullmatch(source):
            raise ValueError("not a form-action source")
    targets = " ".join(("'self'", *form_action))
    return (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; "
        f"form-action {targets}; frame-ancestors 'none'; base-uri 'none'"
    )


def demands_https(issuer: str) -> bool:
    """Tell whether browsers should be told to use https only (RFC 6797).

    Never on a loopback name: the pin would cut off every other program on that machine.
    """
    parts = urlsplit(issuer)
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True  # a name, not an address


def apply(headers: Headers, *, hsts: bool, form_action: Sequence[str] = ()) -> None:
    """Add what is missing; a header that a view or the static files set on purpose stays."""
    there = {name.lower(): value for name, value in headers}
    wanted = {**_FIXED, "Strict-Transport-Security": _HSTS} if hsts else _FIXED
    for name, value in wanted.items():
        if name.lower() not in there:
            headers.add(name, value)
    if _CSP.lower() not in there:
        headers.add(_CSP, content_security_policy(tuple(form_action)))
    if there.get("cache-control", "no-store") == "no-store":
        _vary_by_cookie(headers)


def _vary_by_cookie(headers: Headers) -> None:
    vary = headers.get("Vary", "")
    if "cookie" not in vary.lower():  # a shared cache must never mix browsers (CVE-2023-30861)
        headers["Vary"] = f"{vary}, Cookie" if vary else "Cookie"
