"""Builds every service from the settings, in one place and in reading order. No Flask here.

Nothing starts on a missing master key, a database that is not migrated, or without a policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idp.authn.service import PasswordSignIn
from idp.authn.sign_in_sessions import SignInSessions
from idp.clients.fetches import KeySetFetches
from idp.clients.keys import ClientKeys
from idp.clients.service import Clients
from idp.clock import Clock, clock_from_file
from idp.errors import SettingsError
from idp.grants.codes import Codes
from idp.grants.families import Families
from idp.grants.issuing import Issuing
from idp.inforce.service import PolicyInForce
from idp.journal.sealer import Sealer
from idp.journal.service import Journal
from idp.key_rotation.rotation import KeyRotation, WatchedKeys
from idp.lifecycle.applications import Applications
from idp.lifecycle.endings import Endings
from idp.lifecycle.logout_messages import KIND as BACKCHANNEL_LOGOUT
from idp.lifecycle.standing import AccountStanding
from idp.mails.promise import Mails
from idp.oidc.backchannel import BackchannelLogout
from idp.oidc.client_assertion import ClientAssertions
from idp.oidc.client_authentication import ClientAuthenticator
from idp.oidc.dpop import DpopProofs
from idp.oidc.hints import Hints
from idp.oidc.par import PushedRequestEndpoint
from idp.oidc.pushed import PushedRequests
from idp.oidc.requests import AuthorizationRequests
from idp.oidc.token_services import TokenServices
from idp.outbox.service import Outbox
from idp.outgoing.addresses import Allowed
from idp.outgoing.door import Outgoing
from idp.proving.service import Proving
from idp.sessions.service import BrowserSessions
from idp.settings import Settings, load_master
from idp.storage.ephemeral import Ephemeral, open_ephemeral
from idp.storage.key_vault import EmbeddedHome, SqlHome, find_audit_key, open_home
from idp.storage.migrate import require_current
from idp.storage.sql import Database
from idp.subjects.service import PersonKeys
from idp.throttle.buckets import Buckets
from idp.throttle.degraded import OutageLog
from idp.throttle.gate import Gate
from idp.throttle.slots import HashSlots, share_of_cores
from idp.throttle.waiting import LeaseWaiters
from keys.audit_key import unwrap_audit_key
from keys.errors import KeysError
from keys.master import MasterKeys
from keys.signer import Signer
from keys.vault import Vault

CSRF_PURPOSE, REFRESH_PURPOSE, DPOP_PURPOSE = "csrf", "refresh-successor", "dpop-nonce"
CODE_PURPOSE = "mailed-code"


@dataclass(frozen=True)
class Foundation:
    """What every program needs: stores, keys, the journal, the policy in force."""

    settings: Settings
    clock: Clock
    database: Database
    master: MasterKeys
    persons: PersonKeys
    journal: Journal
    policy: PolicyInForce
    vault: Vault
    clients: Clients
    endings: Endings
    gate: Gate
    proving: Proving
    mails: Mails

    @property
    def home(self) -> EmbeddedHome | SqlHome:
        """Give where the signing ring lies: a folder when embedded, SQL when scaled."""
        return open_home(self.database, self.settings.data)


@dataclass(frozen=True)
class Provider:
    """The services of the web application."""

    foundation: Foundation
    sign_in: PasswordSignIn
    browser_sessions: BrowserSessions
    requests: AuthorizationRequests
    tokens: TokenServices
    keys: WatchedKeys
    csrf_keys: tuple[bytes, ...]
    """Of the current master key, then of older ones."""
    fetches: KeySetFetches
    pushed: PushedRequests
    par: PushedRequestEndpoint
    hints: Hints
    applications: Applications


@dataclass(frozen=True)
class Background:
    """The services of the worker."""

    foundation: Foundation
    sealer: Sealer
    outbox: Outbox
    standing: AccountStanding
    rotation: KeyRotation


def build_foundation(settings: Settings, *, migrated: bool = True) -> Foundation:
    """Build what every program needs.

    Raises `SettingsError` or `StoreUnavailable` with one sentence that says what to do.
    """
    clock = clock_from_file(settings.clock_file) if settings.clock_file else Clock()
    database = Database(settings.database_url)
    if migrated:
        require_current(database)
    master = load_master(settings)
    persons = PersonKeys(database, master)
    journal = Journal(persons)
    policy = PolicyInForce(database)
    vault = Vault(open_home(database, settings.data), master)
    clients = Clients(database, policy, journal, clock, lambda: vault.refresh().algs)
    gate = Gate(policy)
    return Foundation(
        settings,
        clock,
        database,
        master,
        persons,
        journal,
        policy,
        vault,
        clients,
        Endings(clients, journal),
        gate,
        Proving(gate, master.derive_all(CODE_PURPOSE)),
        Mails(master),
    )


def build_provider(foundation: Foundation, processes: int = 1) -> Provider:
    """Build the services of one of `processes` web processes; refuses unreachable stores."""
    f = foundation
    short = open_ephemeral(f.settings.redis_url, f.database, f.clock)
    gate = f.gate
    issuing = Issuing(f.policy, f.journal, f.settings.issuer)
    codes = Codes(f.database, f.clock, issuing)
    families = Families(f.database, f.clock, issuing, f.master.derive_all(REFRESH_PURPOSE))
    sign_in = _password_sign_in(f, gate, short, processes)
    issuer = f.settings.issuer
    client_keys = ClientKeys(build_outgoing(f.settings))
    assertions = ClientAssertions(
        issuer, f.clients.find, f.policy, short.marks, f.clock, client_keys
    )
    keys = WatchedKeys(f.vault)
    keys.current()
    fetches = KeySetFetches(f.database, f.clock, f.settings.trusted_proxies, keys.current)
    authenticator = ClientAuthenticator(
        f.clients, assertions, gate, f.database, f.clock, fetches.authenticated
    )
    hints = Hints(issuer, f.clients, keys.current)
    proofs = DpopProofs(f.policy, short.marks, f.clock, f.master.derive_all(DPOP_PURPOSE))
    pushed = PushedRequests(f.database, f.clock, f.policy, f.clients, f.journal)
    return Provider(
        foundation=f,
        sign_in=sign_in,
        browser_sessions=BrowserSessions(f.database, f.clock, f.policy),
        requests=AuthorizationRequests(f.database, f.clock, f.policy, f.clients, codes, f.journal),
        tokens=TokenServices(
            issuer,
            f.database,
            f.clock,
            f.policy,
            f.journal,
            keys.current,
            authenticator,
            codes,
            families,
            proofs,
        ),
        keys=keys,
        csrf_keys=f.master.derive_all(CSRF_PURPOSE),
        fetches=fetches,
        pushed=pushed,
        par=PushedRequestEndpoint(issuer, authenticator, hints, proofs, pushed),
        hints=hints,
        applications=Applications(f.database, f.clock, f.clients, f.journal),
    )


def _password_sign_in(
    f: Foundation, gate: Gate, short: Ephemeral, processes: int
) -> PasswordSignIn:
    return PasswordSignIn(
        database=f.database,
        clock=f.clock,
        policy=f.policy,
        journal=f.journal,
        persons=f.persons,
        gate=gate,
        buckets=Buckets(
            short.storage,
            f.policy,
            short.outages,
            outage_log=OutageLog(f.database, f.clock, f.journal),
        ),
        slots=HashSlots(share_of_cores(processes)),
        waiters=LeaseWaiters(),
        sessions=SignInSessions(f.policy, f.journal, f.endings),
    )


def build_background(foundation: Foundation) -> Background:
    """Build the worker's services; handlers of the outbox are named here."""
    f = foundation
    logout = BackchannelLogout(
        f.settings.issuer,
        f.clients,
        f.policy,
        Signer(f.vault.refresh),
        build_outgoing(f.settings),
        f.journal,
    )
    handlers: dict[str, Any] = {BACKCHANNEL_LOGOUT: logout.deliver}
    return Background(
        foundation=f,
        sealer=build_sealer(f),
        outbox=Outbox(f.database, f.clock, lambda: f.policy.policy.outbox, handlers, logout.report),
        standing=AccountStanding(f.database, f.clock, f.journal, f.endings),
        rotation=build_rotation(f),
    )


def build_rotation(f: Foundation) -> KeyRotation:
    """Build what moves the signing keys."""
    return KeyRotation(f.database, f.clock, f.journal, f.policy, f.vault, f.home)


def build_sealer(f: Foundation) -> Sealer:
    """Build the sealer with the audit key."""
    origin = f.policy.policy.audit.origin
    return Sealer(f.database, f.journal, audit_key(f), origin, f.clock)


def audit_key(f: Foundation) -> Ed25519PrivateKey:
    """Open the audit key; raises `SettingsError` when it was never made or cannot be opened."""
    with f.database.read() as tx:
        wrapped = find_audit_key(tx)
    if wrapped is None:
        raise SettingsError("there is no audit key; run `idp migrate apply`")
    try:
        return unwrap_audit_key(f.master, wrapped)
    except KeysError as error:
        raise SettingsError(f"the audit key does not open: {error}") from error


def build_outgoing(settings: Settings) -> Outgoing:
    """Build the guarded door; raises `SettingsError` for an entry that cannot be read."""
    try:
        allow = tuple(Allowed.parse(entry) for entry in settings.outgoing_allow)
    except ValueError as error:
        raise SettingsError(f"IDP_OUTGOING_ALLOW: {error}") from None
    pinned = tuple((e.partition("=")[0], e.partition("=")[2]) for e in settings.resolve)
    outgoing = Outgoing(allow, settings.outgoing_ca, pinned)
    try:
        _ = outgoing.tls if settings.outgoing_ca else None
    except OSError as error:
        raise SettingsError(f"IDP_OUTGOING_CA: {settings.outgoing_ca} cannot be read") from error
    return outgoing
