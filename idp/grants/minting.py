"""Drawing an access token: opaque text, or a JWT to be signed after the commit (RFC 9068).

Either has a row, so that an end is known at once. The row of an opaque token is found by the hash
of its text, that of a JWT by the hash of its `jti`; neither can be sent as the other: an opaque
token has the form of one, and a `jti` has not.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime

from audit.event import new_id
from idp.clients.model import Client
from idp.grants.model import Minted
from idp.policy.admin_api import audience_of, is_own
from idp.policy.model import AccessTokenFormat
from idp.storage.secret_text import draw_token, hash_token

_OPAQUE = re.compile(r"[A-Za-z0-9_-]{43}")
_JTI_BYTES = 24


def mint(
    client: Client,
    issuer: str,
    scopes: tuple[str, ...],
    jkt: str | None,
    lifetime: tuple[datetime, datetime],
) -> Minted:
    """Draw an access token for a client; `lifetime` is from when until when.

    A token for `openid` is for this provider's UserInfo too, whatever else it is for. One with a
    scope of the admin API is for that resource, and with no other scope for no other: a resource
    that is shown such a token cannot use it elsewhere (RFC 9068 3).
    """
    issued_at, expires_at = lifetime
    audience = client.audience
    if audience and "openid" in scopes:
        audience = tuple(dict.fromkeys((*audience, issuer)))
    if any(is_own(scope) for scope in scopes):
        others = audience if not all(is_own(scope) for scope in scopes) else ()
        audience = tuple(dict.fromkeys((audience_of(issuer), *others)))
    text: str | None
    if client.access_token_format is AccessTokenFormat.JWT:
        jti, text = secrets.token_urlsafe(_JTI_BYTES), None
        key = key_of_jti(jti)
    else:
        jti, text = new_id(issued_at), draw_token()
        key = hash_token(text)
    return Minted(text, jti, key, scopes, audience, jkt, issued_at, expires_at)


def key_of_opaque(token: str) -> str | None:
    """Give what the row of an opaque token is found by; None for a text that cannot be one."""
    return hash_token(token) if _OPAQUE.fullmatch(token) else None


def key_of_jti(jti: str) -> str:
    """Give what the row of a JWT access token is found by."""
    return hash_token(f"jti:{jti}")
