"""Settings of one deployment: environment variables `IDP_…`, or one TOML file of the same names.

Owns reading and refusing. Which values a rule uses is `policies/`; secrets are files named here.
A demo's data folder carries its settings in `demo.toml`; it is the only place that may move the
clock, and `idp serve` refuses it.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from idp.errors import SettingsError
from keys.errors import KeysError
from keys.master import MasterKeys

DEMO_FILE = "demo.toml"
_NETWORK_LOCATION = re.compile(r"[^\s/@?#\\]+")


@dataclass(frozen=True)
class Settings:
    """Where this deployment lives and what it talks to."""

    issuer: str
    data: Path
    database_url: str
    policies: Path
    master_key_file: Path
    purge_database_url: str | None = None
    room_database_url: str | None = None
    redis_url: str | None = None
    smtp_url: str | None = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    outgoing_allow: tuple[str, ...] = ()
    outgoing_ca: Path | None = None
    resolve: tuple[str, ...] = ()
    metrics: str | None = None
    demo: bool = False
    clock_file: Path | None = None

    @property
    def secure(self) -> bool:
        """Tell whether the issuer is https; cookies and headers follow from it."""
        return self.issuer.startswith("https://")

    def masked(self) -> dict[str, str]:
        """Give every setting as text, passwords in URLs masked."""
        return {field.name: _masked(getattr(self, field.name)) for field in fields(self)}


def read_settings(
    environment: Mapping[str, str] | None = None, config: Path | None = None
) -> Settings:
    """Read the settings from the environment over a TOML file over the defaults.

    Raises `SettingsError` naming the variable.
    """
    environment = os.environ if environment is None else environment
    named = config or environment.get("IDP_CONFIG")
    given = _from_toml(Path(named)) if named else {}
    given |= {
        name[4:].lower(): value for name, value in environment.items() if name.startswith("IDP_")
    }
    data = Path(given.get("data") or "var").expanduser().absolute()
    demo = data / DEMO_FILE
    if demo.is_file():
        given = _from_toml(demo) | {"data": str(data)}
    return _settings(given, data, demo=demo.is_file())


_NAMES = {field.name for field in fields(Settings)} - {"demo"}


def _settings(given: dict[str, str], data: Path, *, demo: bool) -> Settings:
    allowed = _NAMES if demo else _NAMES - {"clock_file", "resolve"}
    unknown = sorted(set(given) - allowed - {"config"})
    if unknown:
        raise SettingsError(f"IDP_{unknown[0].upper()} is not a setting; see `idp doctor config`")
    if not given.get("issuer"):
        raise SettingsError("IDP_ISSUER is not set; give the public https address of the provider")
    return Settings(
        issuer=check_issuer(given["issuer"]),
        data=data,
        database_url=given.get("database_url") or f"sqlite:///{data / 'idp.db'}",
        policies=Path(given.get("policies") or "policies").absolute(),
        master_key_file=Path(given.get("master_key_file") or data / "master.keys"),
        purge_database_url=given.get("purge_database_url") or None,
        room_database_url=given.get("room_database_url") or None,
        redis_url=given.get("redis_url") or None,
        smtp_url=given.get("smtp_url") or None,
        trusted_proxies=tuple(_network(text) for text in _words(given, "trusted_proxies")),
        outgoing_allow=_words(given, "outgoing_allow"),
        outgoing_ca=Path(given["outgoing_ca"]) if given.get("outgoing_ca") else None,
        resolve=_words(given, "resolve"),
        metrics=given.get("metrics") or None,
        demo=demo,
        clock_file=Path(given["clock_file"]) if given.get("clock_file") else None,
    )


def check_issuer(issuer: str) -> str:
    """Accept an issuer: https, or http on a loopback address or localhost; no query, no fragment.

    OpenID Connect Discovery 3. Raises `SettingsError`.
    """
    parts = urlsplit(issuer)
    if parts.query or parts.fragment or "?" in issuer or "#" in issuer:
        raise SettingsError("IDP_ISSUER must have no query and no fragment")
    if not _NETWORK_LOCATION.fullmatch(parts.netloc) or not parts.hostname:
        raise SettingsError("IDP_ISSUER must be an address like https://id.example.jp")
    if issuer.endswith("/"):
        raise SettingsError("IDP_ISSUER must not end with a slash")
    if parts.path:
        raise SettingsError("IDP_ISSUER must not have a path")
    if parts.scheme == "https":
        return issuer
    if parts.scheme == "http" and is_loopback(parts.hostname):
        return issuer
    raise SettingsError("IDP_ISSUER must be https beyond this machine's loopback addresses")


def is_loopback(host: str) -> bool:
    """Tell whether a host name is `localhost` or a loopback address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def load_master(settings: Settings) -> MasterKeys:
    """Load the master keys that the settings name; raises `SettingsError`."""
    path = settings.master_key_file
    try:
        return MasterKeys.load(path)
    except KeysError as error:
        raise SettingsError(
            f"{error} (make one with `idp keys master --out {path}`, and keep a copy elsewhere)"
        ) from error


def with_data(settings: Settings, **changes: object) -> Settings:
    """Copy settings with some values replaced."""
    return replace(settings, **changes)  # type: ignore[arg-type]  # names are checked by replace


def _from_toml(path: Path) -> dict[str, str]:
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    wrong = [key for key, value in raw.items() if not isinstance(value, str)]
    if wrong:
        raise SettingsError(f"{path}: {wrong[0]} must be text")
    return {key.removeprefix("IDP_").lower(): value for key, value in raw.items()}


def _words(given: dict[str, str], name: str) -> tuple[str, ...]:
    return tuple(given.get(name, "").replace(",", " ").split())


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise SettingsError(f"IDP_TRUSTED_PROXIES: {text} is not a network") from None


def _masked(value: object) -> str:
    text = str(value)
    if "://" in text:
        parts = urlsplit(text)
        if parts.password:
            return text.replace(f":{parts.password}@", ":***@")
    return text
