"""The protocol from the client's side: authorization request, tokens, userinfo, sign-out.

Client authentication is `private_key_jwt` with ES256, audience the issuer (RFC 7523 3);
PKCE is S256 (RFC 7636); requests are pushed (RFC 9126) where the provider takes them. Sessions and
pages are left to others.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from requests import RequestException, Response

from .clock import seconds
from .errors import ProviderUnavailable, Refused, TokenRejected, end_reason
from .outgoing import TIMEOUT, ResolvingAdapter, plain_session, prepare
from .provider import Provider
from .settings import Settings
from .sign_ins import SignIn
from .tokens import IdToken, read_id_token

SCOPE: Final = "openid profile email address phone offline_access member:change"
ASSERTION_LIFETIME: Final = 60
_DESCRIPTION = re.compile(r'error_description="([^"\\]*)"')


@dataclass(frozen=True)
class Tokens:
    """A token response; `id_token` is empty after a refresh that brought none."""

    access_token: str
    expires_at: int
    refresh_token: str | None
    id_token: str


@dataclass(frozen=True)
class RelyingParty:
    """This client at its provider. Every method raises ProviderUnavailable on an outage."""

    settings: Settings
    provider: Provider
    adapter: ResolvingAdapter

    def authorization_url(self, sign_in: SignIn, language: str) -> str:
        """Return where to send the browser (Core 3.1.2.1); it carries a reference only (RFC 9126).

        Nobody can read or change the request on its way through the browser.
        """
        metadata = self.provider.metadata()
        url, _ = self._session(code_challenge_method="S256").create_authorization_url(
            metadata.authorization_endpoint,
            state=sign_in.state,
            nonce=sign_in.nonce,
            code_verifier=sign_in.code_verifier,
            scope=SCOPE,
            ui_locales=language,
        )
        pushing = metadata.pushed_authorization_request_endpoint
        if pushing is None:
            return str(url)
        asked = dict(parse_qsl(urlsplit(str(url)).query))
        query = urlencode(
            {"client_id": asked["client_id"], "request_uri": self._push(pushing, asked)}
        )
        endpoint = metadata.authorization_endpoint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    def redeem(self, code: str, sign_in: SignIn) -> tuple[Tokens, IdToken] | Refused:
        """Exchange a code and check the ID token. Raises TokenRejected."""
        answer = self._token_request(
            grant_type="authorization_code", code=code, code_verifier=sign_in.code_verifier
        )
        if isinstance(answer, Refused):
            return answer
        id_token = read_id_token(
            answer.id_token,
            self.provider.key,
            issuer=self.settings.issuer,
            client_id=self.settings.client_id,
            nonce=sign_in.nonce,
            access_token=answer.access_token,
            now=seconds(self.settings.clock),
        )
        return answer, id_token

    def refresh(self, refresh_token: str) -> Tokens | Refused:
        """Rotate a refresh token; a missing successor means the old one stays valid."""
        return self._token_request(grant_type="refresh_token", refresh_token=refresh_token)

    def userinfo(self, access_token: str, sub: str) -> dict[str, Any] | Refused:
        """Return the claims of `sub`. Raises TokenRejected when they are another's (Core 5.3.2)."""
        url = self.provider.metadata().userinfo_endpoint
        try:
            session = plain_session(self.adapter, self.settings.ca)
            bearer = {"Authorization": f"Bearer {access_token}"}
            response = session.get(url, timeout=TIMEOUT, headers=bearer)
            if response.status_code in (401, 403):
                return Refused(end_reason(why_refused(response)))
            claims = response.json()
        except (RequestException, ValueError) as error:
            raise ProviderUnavailable(f"userinfo: {error}") from error
        if response.status_code != 200 or not isinstance(claims, dict):
            raise ProviderUnavailable(f"userinfo answered {response.status_code}")
        if claims.get("sub") != sub:
            raise TokenRejected("userinfo is about another subject")
        return claims

    def revoke(self, refresh_token: str) -> None:
        """Give a refresh token back (RFC 7009)."""
        if url := self.provider.metadata().revocation_endpoint:
            try:
                self._session().revoke_token(  # type: ignore[no-untyped-call]
                    url,
                    token=refresh_token,
                    token_type_hint="refresh_token",  # noqa: S106 - a name
                )
            except RequestException as error:
                raise ProviderUnavailable(f"revocation: {error}") from error

    def end_session_url(self, id_token: str, state: str, language: str) -> str | None:
        """Return where to send the browser to sign out (RP-Initiated Logout 1.0 2)."""
        endpoint = self.provider.metadata().end_session_endpoint
        if endpoint is None:
            return None
        query = {
            "id_token_hint": id_token,
            "client_id": self.settings.client_id,
            "post_logout_redirect_uri": f"{self.settings.public_url}/signed-out",
            "state": state,
            "ui_locales": language,
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def _push(self, endpoint: str, asked: dict[str, str]) -> str:
        """Push an authorization request; answers the `request_uri` (RFC 9126 2)."""
        session = self._session()
        try:
            proof: Any = session.client_auth(PrivateKeyJWT.name)
            answer = session.post(endpoint, data=asked, auth=proof)
            pushed = answer.json() if answer.status_code == 201 else None
        except (RequestException, ValueError) as error:
            raise ProviderUnavailable(f"pushed request: {error}") from error
        request_uri = pushed.get("request_uri") if isinstance(pushed, dict) else None
        if not isinstance(request_uri, str) or not request_uri:
            raise ProviderUnavailable(f"pushed request answered {answer.status_code}")
        return request_uri

    def _token_request(self, **parameters: str) -> Tokens | Refused:
        url = self.provider.metadata().token_endpoint
        try:
            answer = self._session().fetch_token(url, **parameters)
        except OAuthError as error:
            if error.error == "invalid_grant":
                return Refused(end_reason(error.description))
            raise ProviderUnavailable(f"token endpoint refused: {error.error}") from error
        except (RequestException, ValueError) as error:
            raise ProviderUnavailable(f"token endpoint: {error}") from error
        return _tokens(answer, seconds(self.settings.clock))

    def _session(self, **options: Any) -> OAuth2Session:
        """Return an Authlib client; its assertion is drawn for one request."""
        now = seconds(self.settings.clock)
        session = OAuth2Session(
            self.settings.client_id,
            self.settings.client_key,
            token_endpoint_auth_method=PrivateKeyJWT.name,
            revocation_endpoint_auth_method=PrivateKeyJWT.name,
            redirect_uri=self.settings.redirect_uri,
            default_timeout=TIMEOUT,
            **options,
        )
        # Authlib would take the machine's clock and an hour; a lent claims dict keeps its jti.
        claims = {"iat": now, "exp": now + ASSERTION_LIFETIME, "jti": secrets.token_urlsafe(16)}
        header = {"kid": self.settings.client_key.kid} if self.settings.client_key.kid else {}
        session.register_client_auth_method(
            PrivateKeyJWT(self.settings.issuer, claims=claims, headers=header, alg="ES256")
        )
        prepare(session, self.adapter, self.settings.ca)
        return session


def _tokens(answer: dict[str, Any], now: int) -> Tokens:
    access_token, lifetime = answer.get("access_token"), answer.get("expires_in", 0)
    refresh_token, id_token = answer.get("refresh_token"), answer.get("id_token", "")
    usable = (
        isinstance(access_token, str)
        and str(answer.get("token_type", "")).lower() == "bearer"
        and isinstance(lifetime, int | float)
        and isinstance(refresh_token, str | None)
        and isinstance(id_token, str)
    )
    if not usable:
        raise ProviderUnavailable("the token response is not one of RFC 6749 5.1")
    return Tokens(str(access_token), now + int(lifetime), refresh_token, id_token)


def why_refused(response: Response) -> str | None:
    """Return the error description of a bearer refusal (RFC 6750 3), from header or body."""
    if found := _DESCRIPTION.search(response.headers.get("WWW-Authenticate", "")):
        return found.group(1)
    try:
        body = response.json()
    except ValueError:
        return None
    description = body.get("error_description") if isinstance(body, dict) else None
    return description if isinstance(description, str) else None
