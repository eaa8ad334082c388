"""A request with an access token at a resource of ours: as bearer (RFC 6750), or with DPoP.

Owns which token is presented how, that a bound one comes with a proof of its key and no other one
does (RFC 9449 7), that it is for this provider, and the challenges. What it opens is the resource's
own affair.
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.grants.access import Access, AccessTokens, ClientAccess
from idp.grants.model import Refused
from idp.oidc.dpop import PROOF_ALGORITHMS, DpopProofs
from idp.oidc.model import OAuthError
from idp.oidc.protocol import NO_STORE, ProtocolRequest, ProtocolResponse, json_response
from idp.oidc.refusals import REALM, Refusal

BEARER, DPOP = "Bearer", "DPoP"
_PROOF = f'algs="{" ".join(PROOF_ALGORITHMS)}"'
_NO_TOKEN = (
    ("WWW-Authenticate", f'Bearer realm="{REALM}"'),
    ("WWW-Authenticate", f'DPoP realm="{REALM}", {_PROOF}'),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A token that was accepted, and the scheme it came by."""

    access: Access
    scheme: str

    def insufficient_scope(self, scope: str) -> ProtocolResponse:
        """Tell that the token does not reach as far as this scope (RFC 6750 3.1)."""
        return challenged(self.scheme, OAuthError.INSUFFICIENT_SCOPE, status=403, scope=scope)


@dataclass(frozen=True)
class ProtectedResource:
    """Lets requests with a good token in."""

    issuer: str
    tokens: AccessTokens
    proofs: DpopProofs

    def open(self, request: ProtocolRequest) -> Opened | ProtocolResponse:
        """Accept the token of a request, or give the challenge that says what is wrong.

        A token in the query is never looked at. Raises `idp.errors.Unavailable` with DPoP, when
        replay marks were lost.
        """
        scheme, token = presented_token(request)
        in_body = request.form.get("access_token")
        if token and in_body is not None:  # RFC 6750 2
            return challenged(scheme, OAuthError.INVALID_REQUEST, "send the token in one way", 400)
        if not token:
            scheme, token = BEARER, in_body or ""
        if not token:
            return json_response({}, 401, (*NO_STORE, *_NO_TOKEN))
        access = self.tokens.read(token)
        if isinstance(access, Refused):
            why = access.ended.value if access.ended else ""
            return challenged(scheme, OAuthError.INVALID_TOKEN, why)
        if self.issuer not in access.audience:
            return challenged(scheme, OAuthError.INVALID_TOKEN, "the token is for other resources")
        if scheme == DPOP or access.dpop_jkt is not None:
            refused = self._why_unproven(request, scheme, token, access.dpop_jkt)
            if refused is not None:
                return refused
        return Opened(access, scheme)

    def open_client(
        self, request: ProtocolRequest, audience: str
    ) -> ClientAccess | ProtocolResponse:
        """Accept a token that a client got for itself (RFC 6749 4.4), as `open` does a member's.

        It is for `audience`: one that is for another resource, or for this provider's own
        endpoints, opens nothing here (RFC 9068 4).
        """
        scheme, token = presented_token(request)
        if not token:
            return json_response({}, 401, (*NO_STORE, *_NO_TOKEN))
        access = self.tokens.read_of_client(token)
        if isinstance(access, Refused):
            return challenged(scheme, OAuthError.INVALID_TOKEN)
        if audience not in access.audience:
            return challenged(scheme, OAuthError.INVALID_TOKEN, "the token is for other resources")
        if scheme == DPOP or access.dpop_jkt is not None:
            refused = self._why_unproven(request, scheme, token, access.dpop_jkt)
            if refused is not None:
                return refused
        return access

    def _why_unproven(
        self, request: ProtocolRequest, scheme: str, token: str, jkt: str | None
    ) -> ProtocolResponse | None:
        if scheme != DPOP:
            # RFC 9449 7.2: a stolen bound token must not work by leaving the proof out.
            return challenged(DPOP, OAuthError.INVALID_TOKEN, "the token is bound to a key")
        if jkt is None:
            return challenged(DPOP, OAuthError.INVALID_TOKEN, "the token is bound to no key")
        try:
            proven = self.proofs.verify(request, self.issuer + request.path, token)
        except Refusal as refusal:
            return challenged(DPOP, refusal.error, refusal.description, headers=refusal.headers)
        if proven is None:
            return challenged(DPOP, OAuthError.INVALID_DPOP_PROOF, "a DPoP proof is needed")
        if proven != jkt:
            return challenged(DPOP, OAuthError.INVALID_TOKEN, "the token is bound to another key")
        return None


def presented_token(request: ProtocolRequest) -> tuple[str, str]:
    """Find scheme and token in the header (RFC 6750 2.1, RFC 9449 7.1); no token: empty text."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    known = {"bearer": BEARER, "dpop": DPOP}.get(scheme.lower())
    return (known, token.strip()) if known is not None else (BEARER, "")


def challenged(
    scheme: str,
    error: OAuthError,
    description: str = "",
    status: int = 401,
    scope: str = "",
    headers: tuple[tuple[str, str], ...] = (),
) -> ProtocolResponse:
    """Give the error response of a resource (RFC 6750 3, RFC 9449 7.1)."""
    parts = [f'realm="{REALM}"', f'error="{error.value}"']
    content = {"error": error.value}
    if description:
        content["error_description"] = description
        parts.append(f'error_description="{description}"')
    if scope:
        parts.append(f'scope="{scope}"')
    if scheme == DPOP:
        parts.append(_PROOF)
    challenge = ("WWW-Authenticate", f"{scheme} " + ", ".join(parts))
    return json_response(content, status, (*NO_STORE, challenge, *headers))
