"""Two relying parties: a server with a secret, and an app without one that asks for consent."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

if TYPE_CHECKING:
    from tests.lifecycle.house import Answer, House

SECRET = "till-" + "t" * 43
_SCOPE = "openid profile email offline_access"


def _entry(name: str, **more: Any) -> dict[str, Any]:
    return {
        "client_name": f"みほん{name}",
        "client_name_en": f"Sample {name}",
        "redirect_uris": [f"https://{name}.mihon.example/callback"],
        "scope": _SCOPE,
    } | more


CLIENTS = {
    "till": _entry(
        "till",
        first_party=True,
        token_endpoint_auth_method="client_secret_basic",
        client_secret_sha256=hashlib.sha256(SECRET.encode()).hexdigest(),
    ),
    "app": _entry("app", first_party=False, token_endpoint_auth_method="none"),
}


def challenge_of(verifier: str) -> str:
    """Compute the S256 challenge (RFC 7636 4.2)."""
    return (
        base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    )


@dataclass(frozen=True)
class Party:
    """One of the relying parties, at the back channel."""

    house: House
    name: str

    @property
    def callback(self) -> str:
        """Tell where its authorization responses go."""
        return f"https://{self.name}.mihon.example/callback"

    def question(self, verifier: str, **more: str) -> str:
        """Write an authorization request."""
        return "/authorize?" + urlencode(
            {
                "client_id": self.name,
                "redirect_uri": self.callback,
                "response_type": "code",
                "scope": _SCOPE,
                "state": secrets.token_urlsafe(8),
                "nonce": secrets.token_urlsafe(8),
                "code_challenge": challenge_of(verifier),
                "code_challenge_method": "S256",
            }
            | more
        )

    def code_in(self, answer: Answer) -> str | None:
        """Read the code of an authorization response, if this is one of ours with a code."""
        location = answer.headers.get("location", "")
        if not location.startswith(self.callback):
            return None
        return parse_qs(urlsplit(location).query).get("code", [None])[0]

    def exchange(self, code: str, verifier: str) -> Answer:
        """Ask for the tokens of a code."""
        return self._token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.callback,
            code_verifier=verifier,
        )

    def refresh(self, token: str) -> Answer:
        """Ask for fresh tokens."""
        return self._token(grant_type="refresh_token", refresh_token=token)

    def userinfo(self, token: str) -> Answer:
        """Ask who a token is about."""
        return self.house.call("GET", "/userinfo", authorization=f"Bearer {token}")

    def is_active(self, token: str) -> bool:
        """Ask what a token is worth; the app cannot ask, and takes the answer of `/userinfo`."""
        if self.name == "app":
            return self.userinfo(token).status == 200
        answer = self.house.call("POST", "/introspect", {"token": token}, **self._proof())
        assert answer.status == 200, answer.body
        return bool(answer.json["active"])

    def _token(self, **form: str) -> Answer:
        if self.name == "app":
            form["client_id"] = "app"
        return self.house.call("POST", "/token", form, **self._proof())

    def _proof(self) -> dict[str, str]:
        if self.name == "app":
            return {}
        given = base64.b64encode(f"till:{SECRET}".encode()).decode()
        return {"authorization": f"Basic {given}"}
