"""What the card was started with, checked once. Nothing here reads the environment."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from relying_parties.card.organisation import UNNAMED, Organisation


class SettingsError(ValueError):
    """The card cannot be started like this; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one card runs. URLs carry no trailing slash, except an issuer that has one itself."""

    public_url: str
    issuer: str
    client_id: str
    data: Path
    host: str = "127.0.0.1"
    port: int = 8002
    portal_url: str | None = None
    ca: Path | None = None
    resolve: tuple[tuple[str, str], ...] = ()
    cert: Path | None = None
    key: Path | None = None
    organisation: Organisation = UNNAMED
    clock_file: Path | None = None
    trusted_proxies: tuple[str, ...] = ()

    @property
    def issuer_origin(self) -> str:
        """The origin the app may connect to, for Content-Security-Policy."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def insecure_issuer(self) -> bool:
        """Say whether the issuer is plain http, which `checked_url` allows on loopback only."""
        return urlsplit(self.issuer).scheme == "http"

    @property
    def public_https(self) -> bool:
        """Say whether people reach the card over https."""
        return urlsplit(self.public_url).scheme == "https"


def is_loopback(host: str) -> bool:
    """Say whether `host` names this machine: `localhost` or a loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_url(name: str, value: str, *, origin_only: bool = False) -> str:
    """Return `value` if it is an https URL, or http on loopback; else raise SettingsError.

    With `origin_only`, a path is refused: the app's service worker owns the whole origin.
    """
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise SettingsError(f"{name}: {value!r} is not a URL") from error
    if parts.scheme not in {"http", "https"} or not host or not value.isascii():
        raise SettingsError(f"{name}: {value!r} is not an http(s) URL")
    if (
        parts.username is not None
        or parts.query
        or parts.fragment
        or any(c in value for c in " ;'\",")
    ):
        raise SettingsError(f"{name}: {value!r} may hold scheme, host, port and path only")
    if parts.scheme == "http" and not is_loopback(host):
        raise SettingsError(f"{name}: {value!r} must be https (http is for loopback only)")
    if origin_only and parts.path not in {"", "/"}:
        raise SettingsError(f"{name}: {value!r} must not have a path")
    return value.rstrip("/") if origin_only else value
