"""The settings of one portal, checked once at the start."""

import ipaddress
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from .clock import Clock, SystemClock
from .errors import SettingsError
from .organisation import Organisation


@dataclass(frozen=True)
class Settings:
    """What `create_app` needs. `public_url` is an origin; `client_key` a private P-256 key."""

    public_url: str
    issuer: str
    client_id: str
    client_key: ECKey
    data: Path
    ca: Path | None = None
    resolve: Mapping[str, str] = field(default_factory=dict)
    card_url: str | None = None
    organisation: Organisation = field(default_factory=Organisation)
    clock: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        public = _web_url("public URL", self.public_url)
        if public.path or public.query or public.fragment:
            raise SettingsError("public URL: give scheme, host and port only, without a path")
        issuer = _web_url("issuer", self.issuer)
        if issuer.query or issuer.fragment:
            raise SettingsError("issuer: must have no query and no fragment")
        if self.card_url is not None:
            _web_url("card URL", self.card_url)
        if not self.client_id.strip():
            raise SettingsError("client id: must not be empty")

    @property
    def https(self) -> bool:
        """Tell whether browsers reach the portal over https."""
        return self.public_url.startswith("https://")

    @property
    def issuer_origin(self) -> str:
        """Return scheme, host and port of the issuer."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def redirect_uri(self) -> str:
        """Return where the provider sends authorization responses."""
        return f"{self.public_url}/callback"

    def cookie(self, name: str) -> str:
        """Return a cookie name; `__Host-` keeps sibling hosts from planting it (RFC 6265bis)."""
        return f"__Host-{name}" if self.https else name


def load_client_key(path: Path) -> ECKey:
    """Read the private JWK of the client. Raises SettingsError, never showing the key."""
    try:
        document = json.loads(path.read_text("utf-8"))
        key = ECKey.import_key(document)
    except OSError as error:
        raise SettingsError(f"client key {path}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, JoseError) as error:
        raise SettingsError(f"client key {path}: not an EC key as JWK (JSON)") from error
    if not key.is_private or key.curve_name != "P-256":
        raise SettingsError(f"client key {path}: must be a private key on P-256 (ES256)")
    return key


def parse_resolve(pairs: Iterable[str]) -> dict[str, str]:
    """Parse HOST=ADDR pairs. Raises SettingsError when an address is not an IP address."""
    names: dict[str, str] = {}
    for pair in pairs:
        host, _, address = pair.partition("=")
        try:
            names[host.strip().lower()] = str(ipaddress.ip_address(address.strip()))
        except ValueError as error:
            raise SettingsError(f"--resolve {pair}: give HOST=ADDRESS, an IP address") from error
    return names


def _web_url(what: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        # Reading the port checks it.
        usable = bool(parts.hostname) and parts.port != 0 and parts.username is None
    except ValueError as error:
        raise SettingsError(f"{what}: {value!r} is not a URL") from error
    if not usable or parts.scheme not in ("http", "https"):
        raise SettingsError(f"{what}: {value!r} is not an http or https URL")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise SettingsError(f"{what}: {value!r} must be https beyond this machine")
    return parts


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
