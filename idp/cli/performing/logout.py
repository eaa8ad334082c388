"""RP-initiated logout as a relying party performs it, and what it has left (RPLogout 2, 3)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from idp.cli.performing.party import RelyingParty
from idp.cli.performing.provider import ProviderMetadata
from idp.cli.performing.report import Report
from idp.cli.performing.wire import Wire


@dataclass
class Logout:
    """One sign-out."""

    wire: Wire
    provider: ProviderMetadata
    party: RelyingParty
    report: Report

    def perform(
        self, id_token: str, home: str | None, walk: Callable[[str], dict[str, str] | None]
    ) -> None:
        """Send the browser to the end-session endpoint; `walk` answers what it comes back with."""
        state = secrets.token_urlsafe(16)
        sent = {"id_token_hint": id_token, "client_id": self.party.client_id, "state": state}
        if home is not None:
            sent["post_logout_redirect_uri"] = home
        url = f"{self.provider.endpoint('end_session_endpoint')}?{urlencode(sent)}"
        self.report.add(
            "end_session",
            "Send the browser to the end-session endpoint; the ID token says which session ends.",
            endpoint=self.provider.listed["end_session_endpoint"],
            parameters=sent,
        )
        answer = walk(url)
        if home is None or answer is None:
            self.report.add("signed out", "The person stays on the provider's page.")
            return
        self.report.check(
            "state",
            "The browser came back to us, with the state that was sent.",
            ok=answer.get("state") == state,
            why="the browser came back without the state that was sent",
        )

    def afterwards(self, tokens: Mapping[str, Any]) -> None:
        """Show what tokens are worth now."""
        url = self.provider.endpoint("userinfo_endpoint")
        answer = self.party.get(self.wire, url, str(tokens["access_token"]))
        self.report.check(
            "userinfo",
            "The access token is worth nothing any more.",
            ok=answer.status == 401,
            why=f"UserInfo still answers {answer.status}",
            challenge=answer.headers.get("WWW-Authenticate"),
        )
        if "refresh_token" not in tokens:
            return
        form = {"grant_type": "refresh_token", "refresh_token": str(tokens["refresh_token"])}
        answer = self.party.post(self.wire, self.provider, "token_endpoint", form)
        content = answer.json()
        self.report.check(
            "refresh_token",
            "The refresh token is worth nothing any more.",
            ok=content.get("error") == "invalid_grant",
            why=f"the refresh token still gives tokens (status {answer.status})",
            error=content.get("error_description"),
        )
