"""A scripted browser and relying party over HTTP: what a test does as member or client."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from tests.support.dpop import Prover

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def hidden_fields(page: str) -> dict[str, str]:
    """Read the hidden inputs of a page."""
    return {name: html.unescape(value) for name, value in HIDDEN.findall(page)}


@dataclass
class Pkce:
    """A verifier and its S256 challenge."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class Browser:
    """One member's browser: a cookie jar that follows redirects only when told to."""

    issuer: str
    http: requests.Session = field(default_factory=requests.Session)
    ca: str | None = None

    def __post_init__(self) -> None:
        self.http.trust_env = False
        if self.ca:
            self.http.verify = self.ca

    def get(self, path: str, **options: Any) -> requests.Response:
        url = path if path.startswith("http") else self.issuer + path
        return self.http.get(url, allow_redirects=False, timeout=30, **options)

    def post(self, path: str, data: Any, **options: Any) -> requests.Response:
        return self.http.post(
            self.issuer + path, data=data, allow_redirects=False, timeout=30, **options
        )

    def sign_in(
        self, email: str, password: str, page: requests.Response | None = None, **extra: str
    ) -> requests.Response:
        """Fill in the sign-in form (of `page`, or a fresh one) and send it."""
        page = page or self.get("/sign-in")
        fields = hidden_fields(page.text) | {"username": email, "password": password} | extra
        return self.post("/sign-in", fields)

    def authorize(self, **parameters: str) -> requests.Response:
        """Send an authorization request and follow to the first page or to the client."""
        return self.follow(self.get("/authorize?" + urlencode(parameters)))

    def consent(self, page: requests.Response, answer: str = "allow") -> requests.Response:
        """Answer the consent page and follow to the client."""
        return self.follow(self.post("/consent", hidden_fields(page.text) | {"consent": answer}))

    def cookie(self, name: str) -> str | None:
        """Give the value of a cookie, or None."""
        return next((c.value for c in self.http.cookies if c.name == name), None)

    def follow(self, response: requests.Response) -> requests.Response:
        """Follow redirects within the provider; stop at a page or at another origin."""
        for _ in range(10):
            target = response.headers.get("Location")
            if response.status_code not in (302, 303) or target is None:
                return response
            if not target.startswith(("/", self.issuer + "/")):
                return response
            response = self.get(target)
        raise AssertionError("too many redirects")


def answer_of(response: requests.Response) -> dict[str, str]:
    """Read the parameters of an authorization response."""
    query = parse_qs(urlsplit(response.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def claims_of(token: str) -> dict[str, Any]:
    """Read the claims of a JWT without believing them."""
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


@dataclass
class Client:
    """A confidential client with a secret, or a public one when `secret` is None.

    With a `prover` every token is bound to its key (RFC 9449).
    """

    issuer: str
    client_id: str
    redirect_uri: str
    secret: str | None = None
    ca: str | None = None
    prover: Prover | None = None

    def request(self, pkce: Pkce, **more: str) -> dict[str, str]:
        """Give the parameters of an authorization request."""
        return {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid profile email offline_access",
            "state": secrets.token_urlsafe(16),
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": pkce.challenge,
            "code_challenge_method": "S256",
        } | more

    def token(self, **form: str) -> requests.Response:
        """Send a token request."""
        options: dict[str, Any] = {}
        if self.secret is None:
            form = {"client_id": self.client_id, **form}
        else:
            options["auth"] = (self.client_id, self.secret)
        if self.prover is not None:
            options["headers"] = {"DPoP": self.prover.proof("POST", self.issuer + "/token")}
        return requests.post(
            self.issuer + "/token", data=form, timeout=30, verify=self.ca or True, **options
        )

    def exchange(self, code: str, pkce: Pkce, **more: str) -> requests.Response:
        return self.token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.redirect_uri,
            code_verifier=pkce.verifier,
            **more,
        )

    def refresh(self, token: str, **more: str) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=token, **more)

    def userinfo(self, token: str) -> requests.Response:
        return requests.get(
            self.issuer + "/userinfo",
            headers=self.presenting(token, "GET", self.issuer + "/userinfo"),
            timeout=30,
            verify=self.ca or True,
        )

    def presenting(self, token: str, method: str, url: str) -> dict[str, str]:
        """Give the headers that present an access token at a resource."""
        if self.prover is None:
            return {"Authorization": f"Bearer {token}"}
        return {
            "Authorization": f"DPoP {token}",
            "DPoP": self.prover.proof(method, url, token),
        }

    def sign_in(self, browser: Browser, email: str, password: str, **more: str) -> dict[str, Any]:
        """Do the whole code flow as a first-party client; answers the token response's JSON."""
        pkce = Pkce()
        page = browser.authorize(**self.request(pkce, **more))
        if page.status_code == 200:
            page = browser.follow(browser.sign_in(email, password, page))
        answer = answer_of(page)
        response = self.exchange(answer["code"], pkce)
        assert response.status_code == 200, response.text
        tokens: dict[str, Any] = response.json()
        return tokens
