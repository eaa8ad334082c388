"""The shape of `policies/*.toml`: strict, typed, immutable. Unknown keys are refused.

One struct per file; the loader is `idp.policy.folder`. Durations are written `30s`, `15m`, `8h`,
`90d` and read into `timedelta`. The life of a member stands in `idp.policy.membership`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from idp.policy.admin_api import AdminApi
from idp.policy.approvals import Approvals
from idp.policy.helpdesk import Helpdesk
from idp.policy.membership import (
    Calendar,
    Mail,
    Provisioning,
    Recovery,
    Registration,
    Verification,
)
from idp.policy.register import RegisterDesk
from idp.policy.retention import Checkpoints, Retention
from idp.policy.room import Room
from idp.policy.staff import Roles
from idp.policy.values import Duration, Positive, Strict

__all__ = ["Duration", "Positive"]


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
    MAILED_CODE = "mailed_code"
    RESET_CODES_OF_ACCOUNT = "reset_codes_of_account"
    INVITATION = "invitation"
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"
    PASSKEY = "passkey"
    REAUTHENTICATION = "reauthentication"
    STAFF_PASSWORD_FROM_UNKNOWN_DEVICE = "staff_password_from_unknown_device"  # noqa: S105
    STAFF_PASSWORD_FROM_KNOWN_DEVICE = "staff_password_from_known_device"  # noqa: S105
    STAFF_TOTP = "staff_totp"
    STAFF_ENROLMENT = "staff_enrolment"
    SCIM_TOKEN = "scim_token"  # noqa: S105
    MAILS_PER_MAILBOX = "mails_per_mailbox"
    PROVING_MAILS_PER_MAILBOX = "proving_mails_per_mailbox"
    MAILS_PER_ADDRESS = "mails_per_address"
    FAILURES_PER_ADDRESS = "failures_per_address"
    FAILURES_PER_NETWORK = "failures_per_network"
    CONSECUTIVE_FAILURES = "consecutive_failures"
    CONSECUTIVE_FAILURES_OF_STRANGERS = "consecutive_failures_of_strangers"


class Outage(StrEnum):
    """What a limit answers while its counter cannot be reached."""

    DENY = "deny"
    ALLOW = "allow"


class Notify(StrEnum):
    """Who is told of a block, if it stands on an account of theirs."""

    MEMBER = "member"
    STAFF = "staff"


class Then(Strict, frozen=True):
    """What follows when a limit is reached: a block that doubles with each one, and a notice.

    A limit without a period blocks without an end; a right answer or the proven mailbox ends it.
    """

    block: Duration | None = None
    at_most: Duration | None = None
    notify: tuple[Notify, ...] = ()


class Limit(Strict, frozen=True):
    """One named limit: at most `count` failures per key in a sliding `period`.

    Without a period it counts since the last success: the two limits on failures in a row.
    """

    about: str
    key: tuple[str, ...]
    count: Positive
    on_outage: Outage
    period: Duration | None = None
    then: Then | None = None

    @property
    def window_micros(self) -> int:
        """Give the length of the window in microseconds; 0 where none bounds it."""
        return self.period.micros if self.period else 0

    @property
    def window_seconds(self) -> int:
        """Give the length of the window in seconds; 0 where none bounds it."""
        return self.period.seconds if self.period else 0


class Argon2(Strict, frozen=True):
    """Argon2id parameters (RFC 9106 4); memory in KiB."""

    time_cost: Positive
    memory_cost: Annotated[int, msgspec.Meta(ge=8)]
    parallelism: Positive
    legacy_work: str = ""
    """While hashes of an older portal are left: the scheme whose work every attempt does besides,
    as `idp account import-legacy` names it ("bcrypt:10"); nothing when empty."""


class Passwords(Strict, frozen=True):
    """`passwords.toml`: how passwords are hashed and how long they may be."""

    argon2: Argon2
    min_length: Annotated[int, msgspec.Meta(ge=8)]
    max_length: Annotated[int, msgspec.Meta(ge=64, le=4096)]
    queue: Positive
    """Sign-ins that may wait for a hash slot in one process; more are answered 503."""


class Sessions(Strict, frozen=True):
    """`sessions.toml`: how long a browser stays signed in, and is remembered."""

    idle: Duration
    absolute: Duration
    authorization_request: Duration
    known_devices_per_account: Positive
    known_device: Duration


class Tokens(Strict, frozen=True):
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


class Keys(Strict, frozen=True):
    """`keys.toml`: the life of a signing key, and how long relying parties may cache the set."""

    algorithms: Annotated[list[SigningAlgorithm], msgspec.Meta(min_length=1)]
    announced_dwell: Duration
    active_period: Duration
    retiring_dwell: Duration
    jwks_cache: Duration = msgspec.field(default_factory=lambda: Duration("10m"))


class Audit(Strict, frozen=True):
    """`audit.toml`: sealing, how long bodies are kept, where checkpoints go, the audit room."""

    origin: str
    seal_interval: Duration
    lag_alarm: Duration
    purge_interval: Duration = msgspec.field(default_factory=lambda: Duration("1d"))
    retention: Retention = msgspec.field(default_factory=Retention)
    checkpoints: Checkpoints = msgspec.field(default_factory=Checkpoints)
    room: Room = msgspec.field(default_factory=Room)


class Alerts(Strict, frozen=True):
    """`alerts.toml`: what is alarming, and who is told by mail."""

    recipients: tuple[str, ...]
    language: Literal["ja", "en"]
    repeat_after: Duration
    """An alert that goes on is mailed again after this long."""
    clock_offset: Duration
    look_ups_per_hour: Positive
    """Different members one person of the staff may look at in an hour."""
    export_rows: Positive
    """Rows one person may take away in an hour."""
    canary_every: Duration


class Outbox(Strict, frozen=True):
    """`outbox.toml`: how long deliveries are tried."""

    retries: list[Duration]
    keep: Duration
    timeout: Duration


class Organisation(Strict, frozen=True):
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


class ClientEntry(Strict, frozen=True):
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


class Policy(Strict, frozen=True):
    """Everything under `policies/`, as one value; the attribute is the file's name."""

    limits: dict[LimitName, Limit]
    passwords: Passwords
    sessions: Sessions
    tokens: Tokens
    keys: Keys
    audit: Audit
    alerts: Alerts
    outbox: Outbox
    organisation: Organisation
    registration: Registration
    verification: Verification
    recovery: Recovery
    calendar: Calendar
    mail: Mail
    provisioning: Provisioning
    roles: Roles
    approvals: Approvals
    admin_api: AdminApi
    register: RegisterDesk
    helpdesk: Helpdesk
    clients: dict[str, ClientEntry]
