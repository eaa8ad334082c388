"""The code flow as a relying party performs it (Core 3.1, RFC 7636, 9126, 9207, 9449)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from idp.cli.performing.id_token import verify
from idp.cli.performing.party import RelyingParty, s256
from idp.cli.performing.provider import ProviderMetadata
from idp.cli.performing.report import Refused, Report
from idp.cli.performing.wire import Reply, Wire

Walk = Callable[[str], dict[str, str]]
"""Takes the browser to an address; answers the parameters it comes back with."""


@dataclass
class CodeFlow:
    """One sign-in from discovery to UserInfo."""

    wire: Wire
    provider: ProviderMetadata
    party: RelyingParty
    redirect_uri: str
    report: Report
    walk: Walk
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def perform(self, scope: str, more: Mapping[str, str], *, push: bool) -> dict[str, Any]:
        """Do it all; answers tokens and claims, raises `Refused` at the step that fails."""
        url = self._authorization_url(scope, more, push=push)
        answer = self._authorization_response(self.walk(url))
        tokens = self._tokens(answer["code"])
        claims: dict[str, Any] = {}
        if "id_token" in tokens:
            access_token, max_age = tokens["access_token"], more.get("max_age")
            claims = verify(
                self.provider,
                self.party.client_id,
                tokens["id_token"],
                self.report,
                nonce=self.nonce,
                access_token=access_token,
                max_age=int(max_age) if max_age else None,
            )
            self._userinfo(access_token, claims["sub"])
        elif "openid" in scope.split():
            raise Refused("openid was asked for, and no ID token came")
        self.report.results["id_token_claims"] = claims
        return tokens | {"claims": claims}

    def refresh(self, tokens: Mapping[str, Any]) -> dict[str, Any]:
        """Use the refresh token once (RFC 6749 6); answers the new tokens."""
        if "refresh_token" not in tokens:
            raise Refused("there is no refresh token: ask for offline_access with prompt=consent")
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        answer = self.party.post(self.wire, self.provider, "token_endpoint", form)
        renewed = self._taken("refresh", "Used the refresh token; new tokens came.", answer)
        if "id_token" in renewed:
            claims = verify(
                self.provider,
                self.party.client_id,
                renewed["id_token"],
                self.report,
                access_token=renewed["access_token"],
            )
            self.report.check(
                "refresh sub",
                "The new ID token speaks of the same person (Core 12.2).",
                ok=claims["sub"] == tokens["claims"].get("sub"),
                why="the new ID token speaks of another person",
            )
        return {**tokens, **renewed}

    def _authorization_url(self, scope: str, more: Mapping[str, str], *, push: bool) -> str:
        sent = {
            "client_id": self.party.client_id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "scope": scope,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": s256(self.verifier),
            "code_challenge_method": "S256",
        } | dict(more)
        self.report.add(
            "request",
            "Made the request: state ties the answer to this browser, nonce ties the ID token to"
            " this request, and the challenge ties the code to us (PKCE).",
            parameters=sent,
        )
        if push:
            sent = self._pushed(sent)
        url = f"{self.provider.endpoint('authorization_endpoint')}?{urlencode(sent)}"
        self.report.add("authorization", "Send the browser of the person to this address.", url=url)
        return url

    def _pushed(self, sent: Mapping[str, str]) -> dict[str, str]:
        endpoint = "pushed_authorization_request_endpoint"
        answer = self.party.post(self.wire, self.provider, endpoint, sent)
        content = answer.json()
        self.report.check(
            "push",
            "Pushed the request from server to server; the browser carries a reference only.",
            ok=answer.status == 201 and "request_uri" in content,
            why=_why(answer, content),
            expires_in=content.get("expires_in"),
        )
        return {"client_id": self.party.client_id, "request_uri": str(content["request_uri"])}

    def _authorization_response(self, answer: Mapping[str, str]) -> Mapping[str, str]:
        self.report.add("response", "The browser came back.", parameters=dict(answer))
        self.report.check(
            "state",
            "state is the one that was sent, so the answer belongs to this browser.",
            ok=answer.get("state") == self.state,
            why="state is not the one that was sent: throw this answer away",
        )
        if self.provider.listed.get("authorization_response_iss_parameter_supported"):
            self.report.check(
                "iss",
                "iss names the provider that was asked (RFC 9207).",
                ok=answer.get("iss") == self.provider.issuer,
                why="iss does not name the provider that was asked: another one answered",
            )
        if "error" in answer:
            said = answer.get("error_description", "")
            self.report.check("code", "", ok=False, why=f"{answer['error']} {said}".strip())
        if "code" not in answer:
            raise Refused("the answer holds neither a code nor an error")
        return answer

    def _tokens(self, code: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        answer = self.party.post(self.wire, self.provider, "token_endpoint", form)
        said = f"Exchanged the code for tokens, as {self.party.client_id} ({self.party.method})."
        return self._taken("token", said, answer)

    def _taken(self, step: str, sentence: str, answer: Reply) -> dict[str, Any]:
        content = answer.json()
        wanted = "DPoP" if self.party.dpop is not None else "Bearer"
        self.report.check(
            step,
            sentence,
            ok=answer.status == 200 and "access_token" in content,
            why=_why(answer, content),
            answer={name: str(value) for name, value in content.items()},
        )
        kind = str(content.get("token_type", ""))
        self.report.check(
            "token_type",
            f"The access token is of type {kind}.",
            ok=kind.lower() == wanted.lower(),
            why=f"the access token is of type {kind}, not {wanted}",
        )
        return content

    def _userinfo(self, access_token: str, subject: str) -> None:
        url = self.provider.endpoint("userinfo_endpoint")
        answer = self.party.get(self.wire, url, access_token)
        if answer.status != 200:
            told = answer.headers.get("WWW-Authenticate", "")
            self.report.check("userinfo", "", ok=False, why=f"UserInfo: {answer.status} {told}")
        content = answer.json()
        self.report.check(
            "userinfo",
            "UserInfo tells the claims of the scopes; its sub is that of the ID token.",
            ok=content.get("sub") == subject,
            why="UserInfo speaks of another person than the ID token: believe neither",
            claims=content,
        )
        self.report.results["userinfo"] = content


def _why(answer: Reply, content: Mapping[str, Any]) -> str:
    said = content.get("error_description", "")
    return f"{content.get('error', 'no error named')} (status {answer.status}) {said}".strip()
