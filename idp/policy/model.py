"""The shape of `policies/*.toml`: strict, typed, immutable. Unknown keys are refused.

One struct per file; the loader is `idp.policy.folder`. Durations are written `30s`, `15m`, `8h`,
`90d` and read into `timedelta`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
_DURATION = re.compile(r"([1-9][0-9]{0,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration:
    """A length of time written as a whole number and one of s, m, h, d."""

    __slots__ = ("delta", "micros", "seconds", "text")

    def __init__(self, text: str) -> None:
        match = _DURATION.fullmatch(text)
        if match is None:
            raise ValueError('a duration is written like "30s", "15m", "8h" or "90d"')
        self.text = text
        self.seconds = int(match[1]) * _UNITS[match[2]]
        self.micros = self.seconds * 1_000_000
        self.delta = timedelta(seconds=self.seconds)

    def __repr__(self) -> str:
        return f"Duration({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and other.seconds == self.seconds

    def __hash__(self) -> int:
        return hash(self.seconds)


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every policy file has in common: unknown keys are refused."""


class SigningAlgorithm(StrEnum):
    """Algorithms our token keys sign with (RFC 7518 3.1, RFC 9864 2.2)."""

    ES256 = "ES256"
    RS256 = "RS256"
    PS256 = "PS256"
    ED25519 = "Ed25519"


class AccessTokenFormat(StrEnum):
    """What an access token looks like to the client that gets it."""

    OPAQUE = "opaque"
    JWT = "jwt"


class AuthMethod(StrEnum):
    """Client authentication at the token endpoint (OpenID Connect Core 9)."""

    NONE = "none"
    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105  a method name
    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105  a method name
    PRIVATE_KEY_JWT = "private_key_jwt"


class LimitName(StrEnum):
    """The closed set of limits; each is a table in `limits.toml` and is asked for by name."""

    PASSWORD_FROM_UNKNOWN_DEVICE = "password_from_unknown_device"  # noqa: S105
    PASSWORD_FROM_KNOWN_DEVICE = "password_from_known_device"  # noqa: S105
    CLIENT_SECRET = "client_secret"  # noqa: S105
    FAILURES_PER_ADDRESS = "failures_per_address"
    FAILURES_PER_NETWORK = "failures_per_network"


class Outage(StrEnum):
    """What a limit answers while its counter cannot be reached."""

    DENY = "deny"
    ALLOW = "allow"


class Limit(_Strict, frozen=True):
    """One named limit: at most `count` failures per key in a sliding `period`."""

    about: str
    count: Positive
    period: Duration
    on_outage: Outage


class Argon2(_Strict, frozen=True):
    """Argon2id parameters (RFC 9106 4); memory in KiB."""

    time_cost: Positive
    memory_cost: Annotated[int, msgspec.Meta(ge=8)]
    parallelism: Positive


class Passwords(_Strict, frozen=True):
    """`passwords.toml`: how passwords are hashed and how long they may be."""

    argon2: Argon2
    min_length: Annotated[int, msgspec.Meta(ge=8)]
    max_length: Annotated[int, msgspec.Meta(ge=64, le=4096)]
    queue: Positive
    """Sign-ins that may wait for a hash slot in one process; more are answered 503."""


class Sessions(_Strict, frozen=True):
    """`sessions.toml`: how long a browser stays signed in, and is remembered."""

    idle: Duration
    absolute: Duration
    authorization_request: Duration
    known_devices_per_account: Positive
    known_device: Duration


class Tokens(_Strict, frozen=True):
    """`tokens.toml`: lifetimes of what the token endpoint gives."""

    code_lifetime: Duration
    access_token_lifetime: Duration
    id_token_lifetime: Duration
    refresh_token_lifetime: Duration
    refresh_idle: Duration
    refresh_grace: Duration
    assertion_lifetime: Duration
    clock_skew: Duration
    logout_token_lifetime: Duration
    pushed_request_lifetime: Duration = msgspec.field(default_factory=lambda: Duration("60s"))
    dpop_proof_lifetime: Duration = msgspec.field(default_factory=lambda: Duration("60s"))
    dpop_nonce: bool = False


class Keys(_Strict, frozen=True):
    """`keys.toml`: the life of a signing key, and how long relying parties may cache the set."""

    algorithms: Annotated[list[SigningAlgorithm], msgspec.Meta(min_length=1)]
    announced_dwell: Duration
    active_period: Duration
    retiring_dwell: Duration
    jwks_cache: Duration = msgspec.field(default_factory=lambda: Duration("10m"))


class Audit(_Strict, frozen=True):
    """`audit.toml`: sealing and its alarm."""

    origin: str
    seal_interval: Duration
    lag_alarm: Duration


class Outbox(_Strict, frozen=True):
    """`outbox.toml`: how long deliveries are tried."""

    retries: list[Duration]
    keep: Duration
    timeout: Duration


class Organisation(_Strict, frozen=True):
    """`organisation.toml`: the co-operative's own name, telephone and links."""

    name_ja: str
    name_en: str
    telephone: str
    hours_ja: str
    hours_en: str
    help_url: str
    portal_url: str
    join_form_url: str
    leave_form_url: str


class ClientEntry(_Strict, frozen=True):
    """One relying party of `clients.toml`, in the names of RFC 7591 2."""

    client_name: str
    redirect_uris: tuple[str, ...]
    token_endpoint_auth_method: AuthMethod
    scope: str
    first_party: bool
    client_name_en: str | None = None
    client_uri: str | None = None
    client_secret_sha256: str | None = None
    jwks: dict[str, list[dict[str, str]]] | None = None
    jwks_uri: str | None = None
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    id_token_signed_response_alg: SigningAlgorithm = SigningAlgorithm.RS256
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    require_pkce: bool = True
    cors_origins: tuple[str, ...] = ()
    require_pushed_authorization_requests: bool = False
    dpop_bound_access_tokens: bool = False
    access_token_format: AccessTokenFormat = AccessTokenFormat.OPAQUE
    access_token_audience: tuple[str, ...] = ()
    access_token_signed_response_alg: SigningAlgorithm = SigningAlgorithm.ES256


class Policy(_Strict, frozen=True):
    """Everything under `policies/`, as one value; the attribute is the file's name."""

    limits: dict[LimitName, Limit]
    passwords: Passwords
    sessions: Sessions
    tokens: Tokens
    keys: Keys
    audit: Audit
    outbox: Outbox
    organisation: Organisation
    clients: dict[str, ClientEntry]
