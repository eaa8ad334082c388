"""What is good for one use, as shots that a crowd can fire again: codes, references, `jti`s."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from tests.flows.journey import code_for
from tests.races.crowd import Shot
from tests.support.demo import Demo
from tests.support.parties import ALL_SCOPES, PARTIES, assertion, now, party, proven
from tests.support.relying_party import Browser, Client, Pkce, answer_of

AHEAD_SECONDS = 9
"""A client's clock that is ahead, within the shipped `clock_skew` of 10 s."""

OWN_TOKENS = {
    "grant_types": ["client_credentials", "authorization_code", "refresh_token"],
    "scope": f"{ALL_SCOPES} desk:work",
}
REGISTERED: dict[str, dict[str, Any]] = {
    "desk": PARTIES["desk"],
    "keyed": PARTIES["keyed"] | OWN_TOKENS,
    "strict": PARTIES["strict"] | OWN_TOKENS,
}
"""A client with a secret, one with `private_key_jwt`, one whose tokens are bound to its key."""

_OWN = {"grant_type": "client_credentials", "scope": "desk:work"}


@dataclass(frozen=True)
class Maker:
    """Makes things for one use; needs a browser in which a member is signed in."""

    demo: Demo
    browser: Browser
    strict: Client

    def code(self) -> Shot:
        """Get a code; answers the request that redeems it, which nothing but SQL judges."""
        desk, pkce = party(self.demo, "desk"), Pkce()
        form = {
            "grant_type": "authorization_code",
            "code": code_for(self.browser, desk, pkce),
            "redirect_uri": desk.redirect_uri,
            "code_verifier": pkce.verifier,
        }
        return Shot("POST", "/token", form, _basic(desk))

    def spent_reference(self) -> Shot:
        """Push a request and have it answered with a code; answers the request that opens it."""
        desk = party(self.demo, "desk")
        pushed = requests.post(
            desk.issuer + "/par", data=desk.request(Pkce()), headers=_basic(desk), timeout=30
        )
        path = f"/authorize?client_id=desk&request_uri={quote(pushed.json()['request_uri'])}"
        assert "code" in answer_of(self.browser.follow(self.browser.get(path)))
        cookies = "; ".join(f"{c.name}={c.value}" for c in self.browser.http.cookies)
        return Shot("GET", path, headers={"Cookie": cookies})

    def marked(self, access_token: str) -> dict[str, Shot]:
        """Make one of each that a replay mark guards; only its `jti` keeps it from a second use."""
        at = now(self.demo)
        ahead = at + AHEAD_SECONDS
        return {
            "assertion": self._asserted(iat=at, exp=at + 60),
            "assertion without iat": self._asserted(iat=None, exp=at + 300),
            "assertion dated ahead": self._asserted(iat=ahead, exp=ahead + 60),
            "proof at /token": self._bound(at),
            "proof at /token dated ahead": self._bound(ahead),
            "proof at /userinfo": self._presented(access_token, at),
            "proof at /userinfo dated ahead": self._presented(access_token, ahead),
        }

    def _asserted(self, **claims: Any) -> Shot:
        return Shot("POST", "/token", _OWN | proven(assertion(self.demo, **claims)))

    def _bound(self, at: int) -> Shot:
        assert self.strict.prover is not None
        proof = self.strict.prover.proof("POST", self.demo.issuer + "/token", iat=at)
        return Shot("POST", "/token", _OWN, _basic(self.strict) | {"DPoP": proof})

    def _presented(self, access_token: str, at: int) -> Shot:
        assert self.strict.prover is not None
        place = self.demo.issuer + "/userinfo"
        proof = self.strict.prover.proof("GET", place, access_token, iat=at)
        headers = {"Authorization": f"DPoP {access_token}", "DPoP": proof}
        return Shot("GET", "/userinfo", headers=headers)


def _basic(client: Client) -> dict[str, str]:
    pair = f"{client.client_id}:{client.secret}".encode()
    return {"Authorization": "Basic " + b64encode(pair).decode()}
