"""What a relying party learns about a provider: discovery and keys (Discovery 4, RFC 8414 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from idp.cli.performing.report import Refused, Report
from idp.cli.performing.wire import Wire

WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class ProviderMetadata:
    """The provider as it describes itself."""

    issuer: str
    listed: dict[str, Any]
    keys: KeySet

    def endpoint(self, name: str) -> str:
        """Give the address of an endpoint; raises `Refused` when it is not offered."""
        url = self.listed.get(name)
        if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
            raise Refused(f"discovery lists no {name}")
        return url


def discover(wire: Wire, issuer: str, report: Report) -> ProviderMetadata:
    """Read discovery and the keys; raises `Refused` when either cannot be believed."""
    url = issuer.rstrip("/") + WELL_KNOWN
    answer = wire.get(url)
    report.check(
        "discovery",
        "Read what the provider says about itself: its endpoints and what it supports.",
        ok=answer.status == 200,
        why=f"{url} answered {answer.status}; is the issuer right?",
        url=url,
    )
    listed = answer.json()
    report.check(
        "issuer",
        "The document names the issuer that was asked for, so it is not somebody else's.",
        ok=listed.get("issuer") == issuer,
        why="the document names another issuer than the one asked for (Discovery 4.3)",
        issuer=listed.get("issuer"),
    )
    jwks = wire.get(str(listed.get("jwks_uri"))).json()
    try:
        keys = KeySet.import_key_set(jwks)  # type: ignore[arg-type]
    except (JoseError, KeyError, TypeError, ValueError):
        raise Refused("the key set of the provider cannot be read") from None
    report.add(
        "keys",
        "Fetched the public keys; tokens are checked with these and no others.",
        jwks_uri=listed["jwks_uri"],
        keys=[f"{key.kid} ({key.alg})" for key in keys.keys],
    )
    return ProviderMetadata(issuer, listed, keys)
