"""Who authenticated a moment ago: acts that matter ask again, and come back to their page.

Owns the rule and where one may be led afterwards; the page that asks is
`idp.authn.views.reauthenticate`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from idp.inforce.service import PolicyInForce
from idp.sessions.model import Session

REAUTHENTICATE = "/reauthenticate"
HOME = "/account"
_OWN_PAGE = re.compile(r"/account(/[a-z][a-z-]{0,40}){0,2}")


@dataclass(frozen=True)
class RecentAuthentication:
    """Tells whether a session was authenticated recently enough for an act that matters."""

    policy: PolicyInForce

    def is_recent(self, session: Session, now: datetime) -> bool:
        """Tell whether the policy asks for nothing more (`verification.recent`)."""
        return now - session.auth_time <= self.policy.policy.verification.recent.delta


def ask_again_url(page: str) -> str:
    """Address the page that authenticates again and then leads back to `page`."""
    return f"{REAUTHENTICATE}?{urlencode({'next': own_page(page)})}"


def own_page(asked: str) -> str:
    """Give a page of the member's own as asked, `/account` for anything else.

    Only a plain path under `/account` is followed: no other host, no query, no act (open
    redirects: CVE-2024-7260).
    """
    return asked if _OWN_PAGE.fullmatch(asked) else HOME
