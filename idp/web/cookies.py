"""The provider's cookies: their names, attributes and exact shapes.

What a value means is known to `sessions`; here it is an opaque string. On an https issuer the
names carry `__Host-` (RFC 6265bis 4.1.3.2), so that no other host can plant one.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from flask import Request
from werkzeug.wrappers import Response

SESSION = "kumiai_idp"
DEVICE = "kumiai_idp_device"
LANGUAGE = "kumiai_lang"
LINK = "kumiai_idp_link"
"""What stood in the address of a mailed link, out of sight of histories and referrers."""
STAFF = "kumiai_idp_staff"
"""The session of somebody of the staff; members' sessions are another cookie."""
STAFF_LINK = "kumiai_idp_staff_link"

_OPAQUE = re.compile(r"[A-Za-z0-9_-]{43}")
_SHAPES = {
    SESSION: _OPAQUE,
    DEVICE: _OPAQUE,
    LANGUAGE: re.compile(r"ja|en"),
    LINK: re.compile(r"[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{22}"),
    STAFF: _OPAQUE,
    STAFF_LINK: re.compile(r"[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{22}"),
}


def new_cookie_value() -> str:
    """Draw a cookie value: 32 random bytes as 43 base64url characters."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class CookieJar:
    """Reads, sets and clears our cookies; `secure` says that the issuer is https."""

    secure: bool

    @classmethod
    def for_issuer(cls, issuer: str) -> "CookieJar":
        """Make the jar that fits the issuer's scheme."""
        return cls(secure=issuer.startswith("https:"))

    def wire_name(self, name: str) -> str:
        """Tell the name as it is sent to the browser."""
        return f"__Host-{name}" if self.secure else name

    def read(self, request: Request, name: str) -> str | None:
        """Read one cookie, or None when it is absent, misshapen or ambiguous.

        Two different well-shaped values mean that another page planted one (cookie tossing,
        session fixation): neither is believed.
        """
        values = request.cookies.getlist(self.wire_name(name))
        shaped = {value for value in values if _SHAPES[name].fullmatch(value)}
        return shaped.pop() if len(shaped) == 1 else None

    def set(self, response: Response, name: str, value: str, max_age: timedelta | None) -> None:
        """Set one cookie; `max_age` None keeps it until the browser closes.

        Raises ValueError when the value has not the cookie's shape.
        """
        if not _SHAPES[name].fullmatch(value):
            raise ValueError(f"a value of the wrong shape for the cookie {name}")
        self._send(response, name, value, max_age)

    def clear(self, response: Response, name: str) -> None:
        """Tell the browser to forget one cookie."""
        self._send(response, name, "", timedelta(0))

    def _send(self, response: Response, name: str, value: str, max_age: timedelta | None) -> None:
        response.set_cookie(
            self.wire_name(name),
            value,
            max_age=max_age,
            expires=0 if max_age == timedelta(0) else None,
            secure=self.secure,
            httponly=True,
            samesite="Lax",
            path="/",
        )
