"""A browser that speaks to the provider in this process, from any address and with any headers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import Client as WsgiClient

from tests.support.in_process import InProcess
from tests.support.relying_party import Browser


@dataclass
class Visitor(Browser):
    """The scripted browser over WSGI; what it sends and gets is what a socket would carry."""

    inside: InProcess = field(kw_only=True)
    peer: str = "198.51.100.7"
    sends: tuple[tuple[str, str], ...] = ()
    """Headers of every request; a name may stand there twice."""

    def __post_init__(self) -> None:
        self.wsgi = WsgiClient(self.inside.application)

    def ask(self, method: str, path: str, headers: Iterable[Any] = (), **more: Any) -> Any:
        """Send one request, follow nothing."""
        return self.wsgi.open(
            path.removeprefix(self.issuer),
            method=method,
            base_url=self.issuer,
            headers=[*self.sends, *headers],
            environ_overrides={"REMOTE_ADDR": self.peer},
            follow_redirects=False,
            **more,
        )

    def get(self, path: str, **options: Any) -> Any:
        return self.ask("GET", path, **options)

    def post(self, path: str, data: Any, **options: Any) -> Any:
        return self.ask("POST", path, data=data, **options)

    def cookie(self, name: str) -> str | None:
        found = self.wsgi.get_cookie(name, domain=str(urlsplit(self.issuer).hostname))
        return found.value if found else None

    def plant(self, name: str, value: str) -> None:
        """Put a cookie into the jar, as a page beside ours might."""
        self.wsgi.set_cookie(name, value, domain=str(urlsplit(self.issuer).hostname))


def visitor(inside: InProcess, peer: str = "198.51.100.7", *sends: tuple[str, str]) -> Visitor:
    """Give a fresh browser."""
    return Visitor(inside.issuer, inside=inside, peer=peer, sends=sends)


def rules_of(inside: InProcess) -> list[Any]:
    """List every page that is mounted: the rules of the application itself."""
    found: Any = inside.application.pages
    while not hasattr(found, "url_map"):  # a door may stand before it
        found = getattr(found, "__self__", None) or found.inside
    return list(found.url_map.iter_rules())
