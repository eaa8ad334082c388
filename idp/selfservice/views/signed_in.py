"""Who is signed in on a page of one's own; whoever is not is led to the sign-in page and back.

Use as `session, cookie = signed_in.require(request)`: where there is no session the answer is a
redirect, sent by `abort`, so that no page can forget it.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Request, abort, redirect

from idp.authn.recent import HOME, RecentAuthentication, ask_again_url, own_page
from idp.clock import Clock
from idp.journal.model import Origin
from idp.sessions.model import Session
from idp.sessions.service import BrowserSessions
from idp.web.browser import Browser
from idp.web.request_id import request_id_of

SIGN_IN = "/sign-in"


@dataclass(frozen=True)
class SignedIn:
    """Asks for a session, and for one that authenticated a moment ago."""

    sessions: BrowserSessions
    browser: Browser
    recent: RecentAuthentication
    clock: Clock

    def require(self, request: Request) -> tuple[Session, str]:
        """Give the live session and its cookie; leads to the sign-in page when there is none."""
        cookie = self.browser.session_cookie(request)
        session = self.sessions.current(cookie)
        if session is None or cookie is None:
            abort(redirect(sign_in_url(request.path), 303))
        return session, cookie

    def require_form(self, request: Request) -> tuple[Session, str]:
        """Do as `require` for a form that changes something; raises `ForgedRequest`."""
        self.browser.csrf.check(request, self.browser.session_cookie(request))
        return self.require(request)

    def require_recent(self, session: Session, page: str) -> None:
        """Lead to authenticating again, and back to `page`, unless that was done just now."""
        if not self.recent.is_recent(session, self.clock.now()):
            abort(redirect(ask_again_url(page), 303))

    def token(self, cookie: str) -> str:
        """Give the form token of a signed-in browser."""
        return self.browser.csrf.token_for(cookie)

    def origin(self, request: Request) -> Origin:
        """Tell where a request came from, for its event."""
        return Origin(
            self.browser.caller(request).address,
            self.browser.agent(request),
            request_id_of(request.environ),
        )


def sign_in_url(path: str) -> str:
    """Address the sign-in page that leads back to a page of one's own; no other is named."""
    page = own_page(path)
    return SIGN_IN if page == HOME else f"{SIGN_IN}?{urlencode({'next': page})}"
