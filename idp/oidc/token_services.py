"""The token side of the protocol put together: what issues, opens, explains and ends tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from idp.clock import Clock
from idp.grants.access import AccessTokens
from idp.grants.client_tokens import ClientTokens
from idp.grants.codes import Codes
from idp.grants.families import Families
from idp.grants.revoking import Revoking
from idp.inforce.service import PolicyInForce
from idp.journal.service import Journal
from idp.oidc.access_token import JwtAccessTokens
from idp.oidc.client_authentication import ClientAuthenticator
from idp.oidc.dpop import DpopProofs
from idp.oidc.id_token import IdTokens
from idp.oidc.introspection import Introspection
from idp.oidc.protected_resource import ProtectedResource
from idp.oidc.revocation import Revocation
from idp.oidc.token_endpoint import TokenEndpoint
from idp.storage.sql import Database
from keys.keyset import KeySet
from keys.signer import Signer


@dataclass(frozen=True)
class TokenServices:
    """What a provider needs to hand out tokens; the endpoints are built from these parts."""

    issuer: str
    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    keys: Callable[[], KeySet]
    authenticator: ClientAuthenticator
    codes: Codes
    families: Families
    proofs: DpopProofs

    @property
    def access_tokens(self) -> AccessTokens:
        """Give what reads access tokens."""
        return AccessTokens(self.database, self.clock, self.journal, self.issuer, self.keys)

    @property
    def resource(self) -> ProtectedResource:
        """Give what lets requests with a good token in."""
        return ProtectedResource(self.issuer, self.access_tokens, self.proofs)

    def token_endpoint(self) -> TokenEndpoint:
        """Build `/token`."""
        signer = Signer(self.keys)
        return TokenEndpoint(
            self.issuer,
            self.authenticator,
            self.codes,
            self.families,
            ClientTokens(self.database, self.clock, self.policy, self.journal, self.issuer),
            self.proofs,
            JwtAccessTokens(self.issuer, signer),
            IdTokens(self.issuer, self.database, self.clock, self.policy, signer),
        )

    def introspection(self) -> Introspection:
        """Build `/introspect`."""
        return Introspection(self.issuer, self.authenticator, self.access_tokens, self.families)

    def revocation(self) -> Revocation:
        """Build `/revoke`."""
        revoking = Revoking(self.database, self.clock, self.journal, self.access_tokens)
        return Revocation(self.issuer, self.authenticator, revoking)
