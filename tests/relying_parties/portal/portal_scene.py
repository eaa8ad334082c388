"""One provider, one portal and their browsers, as the tests see them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from portal_browser import Browser
from portal_provider import MovableClock, ScriptedProvider

from relying_parties.portal.services import Services

CLIENT_ID = "portal"


@dataclass
class Scene:
    """A provider, a portal, and browsers."""

    clock: MovableClock
    provider: ScriptedProvider
    portal: str
    app: Flask
    data: Path
    browsers: list[Browser] = field(default_factory=list)

    @property
    def services(self) -> Services:
        services: Services = self.app.extensions["portal"]
        return services

    def browser(self) -> Browser:
        self.browsers.append(Browser(self.portal))
        return self.browsers[-1]

    def logout(self, token: str) -> Any:
        return self.browser().post("/backchannel-logout", {"logout_token": token})
