"""Every place that takes a token: how one is sent there, and what believing it looks like."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from joserfc.jwk import ECKey

from tests.attacks.hostile_signing import es256, signed
from tests.attacks.hostile_tokens import (
    NOT_NUMBERS,
    NOT_TEXTS,
    TOO_EARLY,
    TOO_LATE,
    Genuine,
)
from tests.flows.journey import tokens_for
from tests.support.demo import Demo
from tests.support.in_process import Answer, InProcess
from tests.support.parties import KEY, SECRETS, assertion, now, party, proven
from tests.support.relying_party import Browser, Pkce, claims_of

HOLDER = ECKey.generate_key("P-256", {"alg": "ES256"})
BASIC = "Basic " + base64.b64encode(f"desk:{SECRETS['desk']}".encode()).decode()
CODE = {"grant_type": "authorization_code", "code": "none", "code_verifier": "v" * 43}
LONGEST_IN_A_QUERY = 2_000
REFUSED = {400, 401, 413, 414, 431}

Send = Callable[..., Answer]
Ask = Callable[[Send, str], Answer]


@dataclass(frozen=True)
class Place:
    """Somewhere that takes a token: how it is sent there, and what believing it looks like."""

    genuine: Genuine
    ask: Ask
    believed: Callable[[Answer], bool]
    left_out: tuple[str, ...] = ()
    """Classes of tokens that are none of this place's business, by how their names begin."""
    in_a_header: bool = False
    """Whether blanks around the token are those of HTTP, and no part of it."""

    def concerns(self, name: str, token: str) -> bool:
        """Tell whether a token of the corpus is to be refused here."""
        same = self.in_a_header and token.strip() == self.genuine.token
        return not same and not name.startswith(self.left_out)


@dataclass(frozen=True)
class Scene:
    """What the attacks share: the application twice, and a listener that must hear nothing."""

    demo: Demo
    inside: InProcess
    listener: socket.socket
    browser: Browser
    cookies: str

    @property
    def elsewhere(self) -> str:
        """Give an address that a token may name and nobody may call."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/keys"


def _assertion(scene: Scene) -> Genuine:
    token = assertion(scene.demo, exp=now(scene.demo) + 280)
    claims = claims_of(token)
    issuer = scene.demo.issuer
    audiences: list[Any] = [
        *(f"{issuer}/", f"{issuer}/token", issuer.upper(), "https://evil.example", "keyed"),
        *([], [issuer, "https://evil.example"], [[issuer]], {issuer: 1}, None, 1, True, ""),
    ]
    wrong = {
        "exp": [None, *NOT_NUMBERS, *TOO_LATE, *TOO_EARLY],
        "iat": [*NOT_NUMBERS, *TOO_LATE],
        "nbf": [*NOT_NUMBERS, *TOO_LATE],
        "aud": audiences,
        "iss": [*NOT_TEXTS, "desk", "Keyed", "keyed ", issuer],
        "sub": [*NOT_TEXTS, "desk", "Keyed", "keyed ", issuer],
        "jti": [*NOT_TEXTS, "j" * 100_000],
    }
    header = {"alg": "ES256", "kid": "keyed-1"}
    return Genuine(token, header, claims, KEY, wrong, key=KEY, elsewhere=scene.elsewhere)


def _proof(scene: Scene, method: str, path: str, access_token: str | None) -> Genuine:
    public = HOLDER.as_dict(private=False)
    jwk = {name: public[name] for name in ("kty", "crv", "x", "y")}
    url = scene.demo.issuer + path
    claims = {"htm": method, "htu": url, "iat": now(scene.demo), "jti": secrets.token_urlsafe(16)}
    wrong: dict[str, Any] = {
        "htm": [*NOT_TEXTS, method.lower(), "PUT", f"{method} "],
        "htu": [*NOT_TEXTS, f"{url}/", f"{url}x", "https://evil.example/token", f"{url}\t"],
        "iat": [None, *NOT_NUMBERS, *TOO_LATE, *TOO_EARLY],
        "jti": [*NOT_TEXTS, "j" * 3_000],
    }
    if access_token is not None:
        digest = hashlib.sha256(access_token.encode()).digest()
        claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        wrong["ath"] = [*NOT_TEXTS, claims["ath"].lower(), claims["ath"] + "=", digest.hex()]
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}
    token = signed(header, claims, es256(HOLDER))
    return Genuine(
        token, header, claims, HOLDER, wrong, frozenset(), HOLDER, elsewhere=scene.elsewhere
    )


def _of_the_provider(scene: Scene, token: str) -> Genuine:
    header = json.loads(base64.urlsafe_b64decode(token.split(".", maxsplit=1)[0] + "=="))
    keys = requests.get(scene.demo.issuer + "/jwks", timeout=30).json()["keys"]
    jwk = next(key for key in keys if key["kid"] == header["kid"])
    public = ECKey.import_key(jwk)
    return Genuine(token, header, claims_of(token), public, elsewhere=scene.elsewhere)


def by_assertion(path: str, **form: str) -> Callable[[Scene], Place]:
    """A client assertion (RFC 7523) at an endpoint; 401 is what a stranger gets."""

    def place(scene: Scene) -> Place:
        def ask(send: Send, token: str) -> Answer:
            return send("POST", path, form | proven(token))

        def believed(answer: Answer) -> bool:
            return answer.status not in REFUSED or json.loads(answer.body)["error"] not in (
                "invalid_client",
                "invalid_request",
            )

        return Place(_assertion(scene), ask, believed)

    return place


def hint_of_authorization(scene: Scene) -> Place:
    """`id_token_hint` with `prompt=none`, in the browser of the member whom the token names."""
    card = party(scene.demo, "card")
    token = tokens_for(scene.browser, card, scope="openid")["id_token"]

    def ask(send: Send, hint: str) -> Answer:
        sent = card.request(Pkce(), prompt="none", scope="openid", id_token_hint=hint)
        if len(hint) > LONGEST_IN_A_QUERY:
            return send("POST", "/authorize", sent, cookie=scene.cookies)
        return send("GET", "/authorize", query=sent, cookie=scene.cookies)

    def believed(answer: Answer) -> bool:
        redirected = answer.status == 303 and answer.location.startswith(card.redirect_uri + "?")
        refused = redirected and "error=" in answer.location and "code=" not in answer.location
        return not refused and answer.status not in REFUSED

    return Place(_of_the_provider(scene, token), ask, believed)


def hint_of_sign_out(scene: Scene) -> Place:
    """`id_token_hint` of the session that the browser shows."""
    card = party(scene.demo, "card")
    token = tokens_for(scene.browser, card, scope="openid")["id_token"]

    def ask(send: Send, hint: str) -> Answer:
        return send("POST", "/end_session", {"id_token_hint": hint}, cookie=scene.cookies)

    def believed(answer: Answer) -> bool:
        asks = answer.status == 200 and b'id="sign-out"' in answer.body
        return not asks and answer.status not in REFUSED

    return Place(_of_the_provider(scene, token), ask, believed)


def proof_at_token(scene: Scene) -> Place:
    """A DPoP proof of a public client; believed, it would go on to the code."""

    def ask(send: Send, proof: str) -> Answer:
        return send("POST", "/token", CODE | {"client_id": "card"}, dpop=proof)

    def believed(answer: Answer) -> bool:
        # What no header may hold is refused by the HTTP server itself, without any body.
        return answer.status not in REFUSED or b'"invalid_grant"' in answer.body

    # Whoever brings a key of his own proves that key, and nothing more.
    brought = ("brings ['jwk']", "brings ['jku', 'jwk']", "kid ")
    return Place(_proof(scene, "POST", "/token", None), ask, believed, brought, in_a_header=True)


def proof_at_userinfo(scene: Scene) -> Place:
    """A DPoP proof beside a token that is bound to its key."""
    code_proof = _proof(scene, "POST", "/token", None).token
    token = bound_token(scene.demo, scene.browser, code_proof)

    def ask(send: Send, proof: str) -> Answer:
        return send("GET", "/userinfo", authorization=f"DPoP {token}", dpop=proof)

    def believed(answer: Answer) -> bool:
        return answer.status not in REFUSED

    return Place(_proof(scene, "GET", "/userinfo", token), ask, believed, in_a_header=True)


def bound_token(demo: Demo, browser: Browser, proof: str) -> str:
    """Get an access token that is bound to the key of a proof."""
    card, pkce = party(demo, "card"), Pkce()
    page = browser.authorize(**card.request(pkce, scope="openid"))
    code = page.headers["Location"].split("code=")[1].split("&")[0]
    form = CODE | {
        "client_id": "card",
        "code": code,
        "redirect_uri": card.redirect_uri,
        "code_verifier": pkce.verifier,
    }
    answer = requests.post(demo.issuer + "/token", data=form, headers={"DPoP": proof}, timeout=30)
    assert answer.json()["token_type"] == "DPoP", answer.text
    return str(answer.json()["access_token"])


def _jwt_access_token(scene: Scene) -> str:
    token = str(tokens_for(scene.browser, party(scene.demo, "reader"))["access_token"])
    assert token.count(".") == 2
    return token


def access_token_at_userinfo(scene: Scene) -> Place:
    """An access token as JWT (RFC 9068) at UserInfo."""

    def ask(send: Send, token: str) -> Answer:
        return send("GET", "/userinfo", authorization=f"Bearer {token}")

    def believed(answer: Answer) -> bool:
        return answer.status not in REFUSED

    genuine = _of_the_provider(scene, _jwt_access_token(scene))
    return Place(genuine, ask, believed, in_a_header=True)


def access_token_at_introspection(scene: Scene) -> Place:
    """An access token as JWT (RFC 9068) at the introspection endpoint."""
    authorization = "Basic " + base64.b64encode(f"reader:{SECRETS['reader']}".encode()).decode()

    def ask(send: Send, token: str) -> Answer:
        return send("POST", "/introspect", {"token": token}, authorization=authorization)

    def believed(answer: Answer) -> bool:
        dead = answer.status == 200 and json.loads(answer.body) == {"active": False}
        return not dead and answer.status not in REFUSED

    return Place(_of_the_provider(scene, _jwt_access_token(scene)), ask, believed)


PUSHED = {"response_type": "code", "redirect_uri": "https://keyed.mihon.example/callback"}
PLACES: dict[str, Callable[[Scene], Place]] = {
    "client_assertion at /token": by_assertion("/token", **CODE),
    "client_assertion at /par": by_assertion("/par", **PUSHED),
    "client_assertion at /introspect": by_assertion("/introspect", token="x"),
    "client_assertion at /revoke": by_assertion("/revoke", token="x"),
    "id_token_hint at /authorize": hint_of_authorization,
    "id_token_hint at /end_session": hint_of_sign_out,
    "DPoP at /token": proof_at_token,
    "DPoP at /userinfo": proof_at_userinfo,
    "access token at /userinfo": access_token_at_userinfo,
    "access token at /introspect": access_token_at_introspection,
}
