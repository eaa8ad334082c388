"""Form tokens: proof that a form was sent from a page we gave to this very browser.

The token in the form decides. `Origin` and `Sec-Fetch-Site` only refuse when they are present and
foreign: IE 11 sends neither, and `Referrer-Policy: no-referrer` makes browsers send
`Origin: null` (Fetch Standard, "append a request Origin header").
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import Request

from idp.errors import IdpError
from idp.web.forms import read_form

FIELD = "csrf_token"
_LENGTH = 43
_PURPOSE = b"kumiai form token 1\0"
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class ForgedRequest(IdpError):
    """A form that was not sent from a page of ours in this browser."""

    code = "forged_request"
    status = 403


@dataclass(frozen=True)
class Csrf:
    """Makes and checks form tokens under one key; `issuer` tells our own origin.

    `older` keys still open what was sent out before the master key was renewed.
    """

    key: bytes = field(repr=False)
    issuer: str
    older: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < 32:
            raise ValueError("the key of form tokens needs 32 bytes")

    def token_for(self, cookie_value: str) -> str:
        """Make the token of the browser with this cookie: 43 base64url characters."""
        return _token(self.key, cookie_value)

    def check(self, request: Request, cookie_value: str | None) -> None:
        """Raise ForgedRequest unless the form carries this browser's token (or BadForm)."""
        self.check_place(request, cookie_value)
        self.check_token(read_form(request, {FIELD: _LENGTH})[FIELD], cookie_value)

    def check_place(self, request: Request, cookie_value: str | None) -> None:
        """Raise ForgedRequest for a form without a cookie, or one that says it is foreign."""
        if cookie_value is None:
            raise ForgedRequest("no cookie")
        if not self._from_here(request):
            raise ForgedRequest("sent from a foreign page")

    def check_token(self, sent: str, cookie_value: str | None) -> None:
        """Raise ForgedRequest unless a token that was read belongs to this browser."""
        if cookie_value is None:
            raise ForgedRequest("no cookie")
        good = [_token(key, cookie_value) for key in (self.key, *self.older)]
        if not any([hmac.compare_digest(sent.encode(), token.encode()) for token in good]):
            raise ForgedRequest("no token" if not sent else "a token of another browser")

    def _from_here(self, request: Request) -> bool:
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        origin = request.headers.get("Origin", "null")
        return site in ("same-origin", "none") and origin in ("null", _origin(self.issuer))


def _token(key: bytes, cookie_value: str) -> str:
    mac = hmac.digest(key, _PURPOSE + cookie_value.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower().removesuffix(
        _DEFAULT_PORTS.get(parts.scheme, "\0")
    )
