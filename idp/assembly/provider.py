"""The services of the web application, in reading order."""

from __future__ import annotations

from dataclasses import dataclass

from idp.assembly.foundation import Foundation, build_outgoing
from idp.assembly.sign_in import SigningIn, build_signing_in
from idp.clients.fetches import KeySetFetches
from idp.clients.keys import ClientKeys
from idp.grants.codes import Codes
from idp.grants.families import Families
from idp.grants.issuing import Issuing
from idp.key_rotation.rotation import WatchedKeys
from idp.lifecycle.applications import Applications
from idp.oidc.client_assertion import ClientAssertions
from idp.oidc.client_authentication import ClientAuthenticator
from idp.oidc.dpop import DpopProofs
from idp.oidc.hints import Hints
from idp.oidc.par import PushedRequestEndpoint
from idp.oidc.pushed import PushedRequests
from idp.oidc.requests import AuthorizationRequests
from idp.oidc.token_services import TokenServices
from idp.sessions.service import BrowserSessions
from idp.storage.ephemeral import open_ephemeral
from idp.throttle.buckets import Buckets
from idp.throttle.degraded import OutageLog
from idp.throttle.slots import HashSlots, open_slots

CSRF_PURPOSE, REFRESH_PURPOSE, DPOP_PURPOSE = "csrf", "refresh-successor", "dpop-nonce"


@dataclass(frozen=True)
class Provider:
    """The services of the web application."""

    foundation: Foundation
    sign_in: SigningIn
    buckets: Buckets
    slots: HashSlots
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


def build_provider(foundation: Foundation, slots: HashSlots | None = None) -> Provider:
    """Build the services of one web process; refuses unreachable stores.

    `slots` are its share of the node's cores; without them it takes all.
    """
    f = foundation
    short = open_ephemeral(f.settings.redis_url, f.database, f.clock)
    issuing = Issuing(f.policy, f.journal, f.settings.issuer)
    codes = Codes(f.database, f.clock, issuing)
    families = Families(f.database, f.clock, issuing, f.master.derive_all(REFRESH_PURPOSE))
    buckets = Buckets(
        short.storage,
        f.policy,
        short.outages,
        outage_log=OutageLog(f.database, f.clock, f.journal),
    )
    slots = slots or open_slots(processes=1, folder=None)
    issuer = f.settings.issuer
    client_keys = ClientKeys(build_outgoing(f.settings))
    assertions = ClientAssertions(
        issuer, f.clients.find, f.policy, short.marks, f.clock, client_keys
    )
    keys = WatchedKeys(f.vault)
    keys.current()
    fetches = KeySetFetches(f.database, f.clock, f.settings.trusted_proxies, keys.current)
    authenticator = _authenticator(f, assertions, fetches)
    hints = Hints(issuer, f.clients, keys.current)
    proofs = DpopProofs(f.policy, short.marks, f.clock, f.master.derive_all(DPOP_PURPOSE))
    pushed = PushedRequests(f.database, f.clock, f.policy, f.clients, f.journal)
    return Provider(
        foundation=f,
        sign_in=build_signing_in(f, buckets, slots),
        buckets=buckets,
        slots=slots,
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


def _authenticator(
    f: Foundation, assertions: ClientAssertions, fetches: KeySetFetches
) -> ClientAuthenticator:
    return ClientAuthenticator(
        f.clients,
        assertions,
        f.gate,
        f.persons,
        f.journal,
        f.floods,
        f.database,
        f.clock,
        fetches.authenticated,
    )
