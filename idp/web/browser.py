"""Who is on the other side of a page: its cookies, its origin, its CSRF tokens.

The device cookie is there from the first page on; forms before a sign-in are bound to it, forms
after it to the session cookie.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Request
from werkzeug.wrappers import Response

from idp.web.caller import Caller, Network, caller_of
from idp.web.cookies import DEVICE, SESSION, CookieJar, new_cookie_value
from idp.web.csrf import Csrf

DEVICE_FOR = timedelta(days=400)
MAX_AGENT = 200


@dataclass(frozen=True)
class Browser:
    """Reads and writes what identifies a browser."""

    jar: CookieJar
    csrf: Csrf
    trusted: tuple[Network, ...]

    def session_cookie(self, request: Request) -> str | None:
        """Give the session cookie, if there is a well-formed one."""
        return self.jar.read(request, SESSION)

    def device_cookie(self, request: Request) -> str | None:
        """Give the device cookie, if there is a well-formed one."""
        return self.jar.read(request, DEVICE)

    def device_or_new(self, request: Request) -> str:
        """Give the device cookie, or draw one; `remember_device` sends it."""
        return self.device_cookie(request) or new_cookie_value()

    def remember_device(self, response: Response, device: str) -> None:
        """Send the device cookie."""
        self.jar.set(response, DEVICE, device, DEVICE_FOR)

    def set_session(self, response: Response, session: str) -> None:
        """Send a session cookie that lives until the browser closes."""
        self.jar.set(response, SESSION, session, None)

    def clear_session(self, response: Response) -> None:
        """Tell the browser to forget its session."""
        self.jar.clear(response, SESSION)

    def caller(self, request: Request) -> Caller:
        """Give the caller's address by the trusted-proxy rule."""
        return caller_of(request, self.trusted)

    def agent(self, request: Request) -> str | None:
        """Give what the browser calls itself, cut to a bearable length."""
        return (request.headers.get("User-Agent") or "")[:MAX_AGENT] or None
