"""The portal's side of the machine endpoints: `private_key_jwt` with the demo's key."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass

import requests
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.races.crowd import Shot
from tests.support.demo import Demo
from tests.support.relying_party import Browser, Client, Pkce, answer_of

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Portal:
    """Makes assertions and token requests."""

    demo: Demo

    def assertion(self) -> str:
        """Sign a fresh assertion (RFC 7523 3)."""
        key = ECKey.import_key(json.loads((self.demo.data / "portal-key.json").read_text()))
        now = int(time.time() + float(self.demo.clock.read_text()))
        claims = {
            "iss": "portal",
            "sub": "portal",
            "aud": self.demo.issuer,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)

    @property
    def client(self) -> Client:
        return Client(self.demo.issuer, "portal", self.demo.facts["portal"] + "/callback")

    def push(self, pkce: Pkce) -> str:
        """Push an authorization request (RFC 9126); answers its `request_uri`."""
        asked = self.client.request(pkce, scope="openid profile offline_access")
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion()}
        answer = requests.post(self.demo.issuer + "/par", data=asked | proof, timeout=30)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["request_uri"])

    def redemption(self, browser: Browser, assertion: str) -> Shot:
        """Get a code in a browser that is signed in; answers the request that redeems it."""
        pkce = Pkce()
        page = browser.authorize(client_id="portal", request_uri=self.push(pkce))
        form = {
            "grant_type": "authorization_code",
            "code": answer_of(page)["code"],
            "code_verifier": pkce.verifier,
            "redirect_uri": self.client.redirect_uri,
        }
        return self._signed(form, assertion)

    def refresh(self, token: str, assertion: str) -> Shot:
        """Give the request that refreshes a token."""
        return self._signed({"grant_type": "refresh_token", "refresh_token": token}, assertion)

    @staticmethod
    def _signed(form: dict[str, str], assertion: str) -> Shot:
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return Shot("POST", "/token", form | proof)
