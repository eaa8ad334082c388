"""A scripted OpenID provider over real HTTP, with real JWTs, for the tests of the card.

It signs one member in without asking, and does what a test tells it: deny, end, be out of
order. The protocol checks that matter to a client (redirect_uri, PKCE S256, single-use codes,
rotating refresh tokens with a grace, DPoP with nonces) are real.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.support.dpop import Prover

EVENT = "http://schemas.openid.net/event/backchannel-logout"
CLAIMS = {
    "sub": "subject-1",
    "name": "見本　花子",
    "name#ja-Hani-JP": "見本　花子",
    "name#ja-Kana-JP": "ミホン　ハナコ",
    "member_number": "00123456",
}


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@dataclass
class ScriptedProvider:
    """The provider's state; a test changes the fields between requests."""

    client_id: str = "card"
    claims: dict[str, Any] = field(default_factory=lambda: dict(CLAIMS))
    sid: str = "session-1"
    began_at: float = 0.0
    offset: float = 0.0
    deny: str | None = None
    deny_description: str | None = None
    ended: str | None = None  # "" ends without a reason
    out_of_order: bool = False
    expose_challenge: bool = True
    access_lifetime: int = 300
    nonce: str | None = None
    """What proofs must carry, if anything."""
    userinfo_calls: int = 0
    refreshes: int = 0
    authorizations: list[dict[str, str]] = field(default_factory=list)
    sign_outs: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = [ECKey.generate_key("P-256", {"kid": "key-1", "use": "sig", "alg": "ES256"})]
        self.lock = threading.Lock()
        self.codes: dict[str, dict[str, str]] = {}
        self.access: dict[str, str] = {}
        self.proofs: set[str] = set()
        self.keys_of: dict[str, str] = {}
        self.prover = Prover()
        self.refresh: dict[str, tuple[str, float] | None] = {}
        self.server: BaseWSGIServer = make_server(
            "127.0.0.1", 0, self._app(), threaded=True, request_handler=_Quiet
        )
        self.issuer = f"http://127.0.0.1:{self.server.port}"
        self.began_at = self.now()
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def now(self) -> float:
        return time.time() + self.offset

    # -- tokens

    def sign(self, claims: dict[str, Any], typ: str = "JWT", **header: Any) -> str:
        key = self.keys[-1]
        head = {"alg": "ES256", "kid": key.kid, "typ": typ, **header}
        return jwt.encode(head, claims, key, algorithms=["ES256", "HS256"])

    def id_token(self, nonce: str | None = None, **changes: Any) -> str:
        now = int(self.now())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": self.claims["sub"],
            "sid": self.sid,
            "iat": now,
            "exp": now + 300,
            "auth_time": int(self.began_at),
        }
        claims |= {"nonce": nonce} if nonce else {}
        return self.sign({k: v for k, v in (claims | changes).items() if v is not None})

    def logout_token(self, typ: str = "logout+jwt", **changes: Any) -> str:
        now = int(self.now())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": self.claims["sub"],
            "sid": self.sid,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_hex(8),
            "events": {EVENT: {}},
        }
        return self.sign({k: v for k, v in (claims | changes).items() if v is not None}, typ)

    def new_access(self, jkt: str | None = None) -> str:
        """Give an access token bound to a key: the tests' own, unless told otherwise."""
        token = secrets.token_urlsafe(24)
        self.access[token] = jkt or self.prover.thumbprint
        return token

    def proof(self, token: str, **claims: Any) -> str:
        """Make a proof for userinfo with the tests' own key."""
        claims = {"iat": int(self.now()), "nonce": self.nonce} | claims
        return self.prover.proof("GET", f"{self.issuer}/userinfo", token, **claims)

    def _proven(self, token: str | None = None) -> str | None:
        """Give the thumbprint of the key a request proves (RFC 9449 4.3), or None."""
        text = request.headers.get("DPoP", "")
        try:
            head = text.split(".", 1)[0]
            header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
            key = ECKey.import_key(header["jwk"])
            claims = jwt.decode(text, key, algorithms=["ES256"]).claims
        except (JoseError, ValueError, KeyError):
            return None
        digest = hashlib.sha256((token or "").encode()).digest()
        ath = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        fits = (
            header["typ"] == "dpop+jwt"
            and "d" not in header["jwk"]
            and claims["htm"] == request.method
            and claims["htu"] == request.base_url
            and abs(claims["iat"] - self.now()) < 60
            and claims["jti"] not in self.proofs
            and (token is None or claims.get("ath") == ath)
        )
        self.proofs.add(claims["jti"])
        if self.nonce not in (None, claims.get("nonce")):
            return ""
        return str(key.thumbprint()) if fits else None

    def _tokens(self, jkt: str, nonce: str | None = None, refresh: str | None = None) -> Response:
        token = refresh or secrets.token_urlsafe(24)
        self.refresh.setdefault(token, None)
        self.keys_of[token] = jkt
        return jsonify(
            access_token=self.new_access(jkt),
            token_type="DPoP",
            expires_in=self.access_lifetime,
            refresh_token=token,
            id_token=self.id_token(nonce),
        )

    # -- endpoints

    def _app(self) -> Flask:
        app = Flask("scripted-provider")
        app.before_request(self._preflight)
        app.after_request(self._cors)
        add = app.add_url_rule
        add("/.well-known/openid-configuration", "metadata", self._metadata)
        add("/jwks", "jwks", lambda: jsonify(keys=[k.as_dict(private=False) for k in self.keys]))
        add("/authorize", "authorize", self._authorize)
        add("/token", "token", self._token, methods=["POST"])
        add("/userinfo", "userinfo", self._userinfo)
        add("/end_session", "end_session", self._end_session)
        return app

    def _preflight(self) -> Response | None:
        if request.method == "OPTIONS":
            return Response(status=204)
        if self.out_of_order:
            return Response("out of order", status=503)
        return None

    def _cors(self, response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, DPoP"
        if self.expose_challenge:
            response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate, DPoP-Nonce"
        return response

    def _metadata(self) -> Response:
        return jsonify(
            issuer=self.issuer,
            authorization_endpoint=f"{self.issuer}/authorize",
            token_endpoint=f"{self.issuer}/token",
            userinfo_endpoint=f"{self.issuer}/userinfo",
            jwks_uri=f"{self.issuer}/jwks",
            end_session_endpoint=f"{self.issuer}/end_session",
            authorization_response_iss_parameter_supported=True,
            id_token_signing_alg_values_supported=["ES256"],
            dpop_signing_alg_values_supported=["ES256"],
        )

    def _authorize(self) -> Any:
        asked = request.args.to_dict()
        self.authorizations.append(asked)
        answer = {"state": asked["state"], "iss": self.issuer}
        if self.deny:
            answer["error"] = self.deny
            if self.deny_description:
                answer["error_description"] = self.deny_description
        else:
            code = answer["code"] = secrets.token_urlsafe(16)
            self.codes[code] = asked
        return redirect(f"{asked['redirect_uri']}?{urlencode(answer)}", 303)

    def _token(self) -> Any:
        form = request.form.to_dict()
        if form.get("client_id") != self.client_id:
            return jsonify(error="invalid_client"), 401
        jkt = self._proven()
        if not jkt:
            return self._unproven(jkt)
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form["refresh_token"], jkt)
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["code_challenge_method"] != "S256"
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form.get("redirect_uri")
            or asked["dpop_jkt"] != jkt
        ):
            return jsonify(error="invalid_grant"), 400
        return self._tokens(jkt, asked["nonce"])

    def _unproven(self, why: str | None) -> Any:
        if why is None:
            return jsonify(error="invalid_dpop_proof"), 400
        response = jsonify(error="use_dpop_nonce")
        response.headers["DPoP-Nonce"] = self.nonce or ""
        return response, 400

    def _refresh(self, token: str, jkt: str) -> Any:
        with self.lock:
            if self.keys_of.setdefault(token, jkt) != jkt:
                return jsonify(error="invalid_grant", error_description="another key"), 400
            if self.ended is not None or token not in self.refresh:
                description = self.ended or "the refresh token is not valid"
                return jsonify(error="invalid_grant", error_description=description), 400
            self.refreshes += 1
            spent = self.refresh[token]
            if spent is not None and self.now() - spent[1] > 10:
                self.refresh.clear()
                return jsonify(error="invalid_grant", error_description="replayed"), 400
            successor = spent[0] if spent else secrets.token_urlsafe(24)
            self.refresh[token] = spent or (successor, self.now())
            return self._tokens(jkt, refresh=successor)

    def _userinfo(self) -> Any:
        self.userinfo_calls += 1
        token = request.headers.get("Authorization", "").removeprefix("DPoP ")
        jkt = self._proven(token)
        if jkt == "":
            challenge = 'DPoP error="use_dpop_nonce"'
            headers = {"WWW-Authenticate": challenge, "DPoP-Nonce": self.nonce or ""}
            return Response(status=401, headers=headers)
        if self.ended is not None or jkt is None or self.access.get(token) != jkt:
            challenge = 'DPoP realm="test", error="invalid_token"'
            if self.ended:
                challenge += f', error_description="{self.ended}"'
            return Response(status=401, headers={"WWW-Authenticate": challenge})
        return jsonify(self.claims)

    def _end_session(self) -> Any:
        self.sign_outs.append(request.args.to_dict())
        return redirect(request.args["post_logout_redirect_uri"], 303)
