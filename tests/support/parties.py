"""The relying parties that the tests register with a demo, of every kind the provider knows.

They stand in the `clients.toml` of a test policy, so that no command has to run for each of them.
`forward` and `now` move and read the clock that every program of the demo goes by.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
import time
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from tests.support.demo import Demo
from tests.support.dpop import Prover
from tests.support.relying_party import Client

SOURCE = Path(__file__).parents[2] / "policies"
ALL_SCOPES = "openid profile email address phone offline_access"
FILING = f"{ALL_SCOPES} member:change"
SITE = "https://{}.mihon.example"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

ODD_SECRET = "odd +%&=:/?ü鍵 secret of forty-three characters"
SECRETS = {
    "desk": "desk-" + "d" * 43,
    "shop": "shop-" + "s" * 43,
    "post": "post-" + "p" * 43,
    "legacy": "legacy-" + "l" * 43,
    "odd": ODD_SECRET,
    "once": "once-" + "o" * 43,
    "reader": "reader-" + "r" * 43,
    "machine": "machine-" + "m" * 43,
    "robot": "robot-" + "b" * 43,
    "api": "api-" + "a" * 43,
    "strict": "strict-" + "t" * 43,
    "filing": "filing-" + "f" * 43,
    "filing-bound": "filing-bound-" + "f" * 43,
    "filing-shop": "filing-shop-" + "f" * 43,
}
"""Clients with a secret; the others are public or have a key."""

KEY = ECKey.generate_key("P-256", {"kid": "keyed-1", "alg": "ES256", "use": "sig"})
FOREIGN_KEY = ECKey.generate_key("P-256", {"kid": "keyed-1", "alg": "ES256", "use": "sig"})


def _entry(name: str, **more: Any) -> dict[str, Any]:
    site = SITE.format(name)
    entry: dict[str, Any] = {
        "client_name": f"みほん{name}",
        "client_name_en": f"Sample {name}",
        "redirect_uris": [f"{site}/callback"],
        "post_logout_redirect_uris": [f"{site}/bye"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": ALL_SCOPES,
        "first_party": False,
    } | more
    if name in SECRETS:
        entry["client_secret_sha256"] = hashlib.sha256(SECRETS[name].encode()).hexdigest()
    return entry


PARTIES: dict[str, dict[str, Any]] = {
    "desk": _entry("desk", first_party=True),
    "shop": _entry("shop", client_uri="https://shop.mihon.example/"),
    "post": _entry("post", first_party=True, token_endpoint_auth_method="client_secret_post"),
    "legacy": _entry(
        "legacy", first_party=True, require_pkce=False, id_token_signed_response_alg="PS256"
    ),
    "odd": _entry("odd", first_party=True),
    "once": _entry("once", first_party=True, grant_types=["authorization_code"]),
    "reader": _entry("reader", first_party=True, access_token_format="jwt"),
    # Programs that act for themselves, and a resource server that asks what tokens are worth.
    "machine": _entry(
        "machine",
        grant_types=["client_credentials"],
        redirect_uris=[],
        post_logout_redirect_uris=[],
        scope="openid profile register:read scim:read",
    ),
    "robot": _entry(
        "robot",
        first_party=True,
        grant_types=["client_credentials", "authorization_code", "refresh_token"],
        scope=f"{ALL_SCOPES} robot:work",
        access_token_format="jwt",
        access_token_audience=["https://api.mihon.example/", "api"],
        access_token_signed_response_alg="Ed25519",
        id_token_signed_response_alg="Ed25519",
    ),
    "api": _entry(
        "api",
        grant_types=["client_credentials"],
        redirect_uris=[],
        post_logout_redirect_uris=[],
        scope="",
    ),
    "strict": _entry("strict", first_party=True, dpop_bound_access_tokens=True),
    # They may file change requests for the member they serve.
    "filing": _entry("filing", first_party=True, scope=FILING),
    "filing-bound": _entry(
        "filing-bound", first_party=True, scope=FILING, dpop_bound_access_tokens=True
    ),
    "filing-shop": _entry("filing-shop", scope=FILING),
    "keyed": _entry(
        "keyed",
        first_party=True,
        token_endpoint_auth_method="private_key_jwt",
        jwks={
            "keys": [{k: v for k, v in KEY.as_dict(private=False).items() if isinstance(v, str)}]
        },
    ),
    "phone": _entry(
        "phone",
        token_endpoint_auth_method="none",
        redirect_uris=[
            "http://127.0.0.1:8765/callback",
            "http://[::1]:8765/callback",
            "com.mihon.example.phone:/callback",
            "https://phone.mihon.example/callback?kept=1",
        ],
        cors_origins=["https://phone.mihon.example"],
    ),
}


def write_policies(folder: Path, parties: dict[str, dict[str, Any]] | None = None) -> Path:
    """Write a policy with the address limits out of the way and these clients in it."""
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("schema"))
    limits = folder / "limits.toml"
    text = limits.read_text("utf-8")
    for name in ("failures_per_address", "failures_per_network", "mails_per_address"):
        text, done = re.subn(
            rf"(\[{name}\][^\[]*?\ncount = )\d+", r"\g<1>1000000", text, flags=re.DOTALL
        )
        assert done == 1, name
    limits.write_text(text, "utf-8")
    with (folder / "clients.toml").open("a", encoding="utf-8") as clients:
        for name, entry in (parties or {}).items():
            clients.write(f"\n[{name}]\n")
            clients.writelines(f"{key} = {_toml(value)}\n" for key, value in entry.items())
    return folder


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def party(demo: Demo, name: str, redirect_uri: str | None = None) -> Client:
    """Give a registered client of a demo as its program would be: with its secret, if any."""
    if name == "card":
        return card_of(demo, redirect_uri)
    if name == "portal":
        return Client(demo.issuer, name, redirect_uri or f"{demo.facts[name]}/callback")
    registered = str((PARTIES[name]["redirect_uris"] or [""])[0])
    secret = SECRETS.get(name) if name not in ("post", "odd") else None
    prover = Prover(demo.clock) if PARTIES[name].get("dpop_bound_access_tokens") else None
    return Client(demo.issuer, name, redirect_uri or registered, secret, prover=prover)


def card_of(demo: Demo, redirect_uri: str | None = None) -> Client:
    """Give the demo's card as a program of its own kind: public, its tokens bound to a key."""
    prover = Prover(demo.clock)
    return Client(
        demo.issuer, "card", redirect_uri or f"{demo.facts['card']}/callback", prover=prover
    )


def offset(demo: Demo) -> float:
    """Give the seconds by which the demo's clock is ahead."""
    return float(demo.clock.read_text().strip() or 0)


def now(demo: Demo) -> int:
    """Give the demo's present time in seconds since the epoch."""
    return int(time.time() + offset(demo))


def forward(demo: Demo, seconds: float) -> None:
    """Move the demo's clock ahead; never back, so that tests may share a demo."""
    demo.move_clock(offset(demo) + seconds)


def assertion(
    demo: Demo, key: ECKey = KEY, header: dict[str, Any] | None = None, **claims: Any
) -> str:
    """Sign a client assertion of `keyed`; a claim given as None is left out."""
    at = now(demo)
    content: dict[str, Any] = {
        "iss": "keyed",
        "sub": "keyed",
        "aud": demo.issuer,
        "iat": at,
        "exp": at + 60,
        "jti": secrets.token_urlsafe(16),
    } | claims
    told = {name: value for name, value in content.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": "keyed-1"} | (header or {}), told, key)


def proven(assertion_text: str) -> dict[str, str]:
    """Give the form fields that carry a client assertion (RFC 7523 2.2)."""
    return {"client_assertion_type": ASSERTION, "client_assertion": assertion_text}
