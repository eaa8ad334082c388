"""A scripted provider for the portal's tests: real HTTP, real JWTs, every answer adjustable.

It checks the client as strictly as the real one must: assertion, PKCE, redirect URI, single use.
"""

import json
import secrets
import ssl
import threading
from base64 import urlsafe_b64encode
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.jwt import JWTClaimsRegistry
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from relying_parties.portal.clock import Clock

MEMBER = {
    "sub": "subject-of-hanako",
    "name": "見本　花子",
    "family_name": "見本",
    "given_name": "花子",
    "family_name#ja-Kana-JP": "ミホン",
    "given_name#ja-Kana-JP": "ハナコ",
    "member_number": "0012345",
    "email": "hanako@mihon.example",
    "phone_number": "+819000000000",
    "address": {
        "formatted": "〒000-0000\nみほん県みほん市\nみほん町1-1",
        "postal_code": "000-0000",
    },
}


class MovableClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, **how: float) -> None:
        self.at += timedelta(**how)


class Quiet(WSGIRequestHandler):
    """Says nothing on the terminal."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Drop the line."""


def serve(app: Any, tls: ssl.SSLContext | None = None) -> tuple[BaseWSGIServer, str]:
    """Serve a WSGI application on a free loopback port."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet, ssl_context=tls)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    return server, f"http://127.0.0.1:{server.port}"


def signing_key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": secrets.token_hex(4), "use": "sig"})


class ScriptedProvider:
    """One provider; its attributes are the script."""

    def __init__(
        self,
        clock: Clock,
        client_id: str,
        client_key: ECKey,
        name: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.clock, self.client_id = clock, client_id
        self.client_key = ECKey.import_key(client_key.as_dict(private=False))
        self.keys = [signing_key()]
        self.member: dict[str, Any] = dict(MEMBER)
        self.sid = "sid-1"
        self.response: dict[str, str | None] = {}  # changes to the authorization response
        self.id_claims: dict[str, Any] = {}  # changes to the ID token; None removes
        self.id_header: dict[str, Any] = {}
        self.id_key: ECKey | None = None
        self.ended: str | None = None
        self.down = False
        self.takes_pushed = True
        self.access_lifetime = 600
        self.calls: Counter[str] = Counter()
        self.requests: dict[str, dict[str, str]] = {}  # last request per path
        self.revoked: list[str] = []
        self.hold: threading.Event | None = None
        self._codes: dict[str, dict[str, str]] = {}
        self._pushed: dict[str, dict[str, str]] = {}
        self._access: dict[str, int] = {}
        self._refresh: set[str] = set()
        self._jtis: set[str] = set()
        self.server, self.issuer = serve(self, tls)
        if name:
            self.issuer = f"https://{name}:{self.server.port}"

    @property
    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def __call__(self, environ: Any, start: Any) -> Any:
        request = Request(environ)
        self.calls[request.path] += 1
        self.requests[request.path] = {**request.args.to_dict(), **request.form.to_dict()}
        if self.down:
            return Response("down", 503)(environ, start)
        routes = {
            "/.well-known/openid-configuration": self._discovery,
            "/jwks": self._jwks,
            "/par": self._par,
            "/authorize": self._authorize,
            "/token": self._token,
            "/userinfo": self._userinfo,
            "/revoke": self._revoke,
            "/end_session": self._end_session,
        }
        return routes[request.path](request)(environ, start)

    def _discovery(self, _: Request) -> Response:
        names = ("authorize", "token", "userinfo", "jwks", "end_session", "revoke")
        urls = [f"{self.issuer}/{name}" for name in names]
        fields = ("authorization", "token", "userinfo", "jwks", "end_session", "revocation")
        document = {f"{field}_endpoint": url for field, url in zip(fields, urls, strict=True)}
        if self.takes_pushed:
            document["pushed_authorization_request_endpoint"] = f"{self.issuer}/par"
        document["jwks_uri"] = document.pop("jwks_endpoint")
        return _json({"issuer": self.issuer, **document})

    def _jwks(self, _: Request) -> Response:
        return _json({"keys": [key.as_dict(private=False) for key in self.keys]})

    def _par(self, request: Request) -> Response:
        form = request.form.to_dict()
        self._check_client(form)
        assert "request_uri" not in form
        uri = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(16)}"
        self._pushed[uri] = {k: v for k, v in form.items() if not k.startswith("client_assertion")}
        return _json({"request_uri": uri, "expires_in": 60}, 201)

    def _authorize(self, request: Request) -> Response:
        asked = request.args.to_dict()
        if self.takes_pushed:
            assert set(asked) == {"client_id", "request_uri"}
            asked = self.requests["/authorize"] = self._pushed.pop(asked["request_uri"])
        assert asked["client_id"] == self.client_id
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "offline_access" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        answer: dict[str, str | None] = {"code": code, "state": asked["state"], "iss": self.issuer}
        answer |= self.response
        query = urlencode({name: value for name, value in answer.items() if value is not None})
        return Response(status=303, headers={"Location": f"{asked['redirect_uri']}?{query}"})

    def _token(self, request: Request) -> Response:
        form = request.form.to_dict()
        self._check_client(form)
        if form["grant_type"] == "refresh_token":
            return self._rotate(form["refresh_token"])
        asked = self._codes.pop(form["code"], None)
        digest = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if asked is None or asked["code_challenge"].encode() != digest:
            return _json({"error": "invalid_grant"}, 400)
        assert form["redirect_uri"] == asked["redirect_uri"]
        if self.ended:
            return _json({"error": "invalid_grant", "error_description": self.ended}, 400)
        tokens = self._issue()
        return _json({**tokens, "id_token": self.id_token(asked["nonce"], tokens["access_token"])})

    def _rotate(self, token: str) -> Response:
        if self.ended:
            return _json({"error": "invalid_grant", "error_description": self.ended}, 400)
        if token not in self._refresh:
            return _json({"error": "invalid_grant"}, 400)
        self._refresh.remove(token)
        return _json(self._issue())

    def _issue(self) -> dict[str, Any]:
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._access[access] = self.now + self.access_lifetime
        self._refresh.add(refresh)
        return {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": self.access_lifetime,
        }

    def _check_client(self, form: dict[str, str]) -> None:
        assert form["client_assertion_type"].endswith("jwt-bearer")
        claims = jwt.decode(form["client_assertion"], self.client_key, algorithms=["ES256"]).claims
        JWTClaimsRegistry(
            now=self.now,
            iss={"essential": True, "value": self.client_id},
            sub={"essential": True, "value": self.client_id},
            exp={"essential": True},
            iat={"essential": True},
            jti={"essential": True},
        ).validate(claims)
        assert claims["aud"] == self.issuer
        assert claims["jti"] not in self._jtis
        self._jtis.add(claims["jti"])

    def _userinfo(self, request: Request) -> Response:
        if self.hold is not None:
            assert self.hold.wait(5)
        token = request.headers["Authorization"].removeprefix("Bearer ")
        why = self.ended
        if why is None and self._access.get(token, 0) > self.now:
            return _json(self.member)
        described = f', error_description="{why}"' if why else ""
        refusal = f'Bearer realm="x", error="invalid_token"{described}'
        return Response(status=401, headers={"WWW-Authenticate": refusal})

    def _revoke(self, request: Request) -> Response:
        self._check_client(request.form.to_dict())
        self.revoked.append(request.form["token"])
        return Response(status=200)

    def _end_session(self, request: Request) -> Response:
        asked = request.args
        claims = jwt.decode(asked["id_token_hint"], self.keys[0], algorithms=["ES256"]).claims
        assert claims["aud"] == asked["client_id"] == self.client_id
        target = f"{asked['post_logout_redirect_uri']}?{urlencode({'state': asked['state']})}"
        return Response(status=303, headers={"Location": target})

    def end_all_tokens(self) -> None:
        """Forget every access and refresh token, without saying why."""
        self._access.clear()
        self._refresh.clear()

    def id_token(self, nonce: str, access_token: str) -> str:
        digest = sha256(access_token.encode()).digest()[:16]
        claims = {
            "iss": self.issuer,
            "sub": self.member["sub"],
            "aud": self.client_id,
            "iat": self.now,
            "exp": self.now + 300,
            "auth_time": self.now,
            "nonce": nonce,
            "sid": self.sid,
            "at_hash": urlsafe_b64encode(digest).rstrip(b"=").decode(),
        } | self.id_claims
        return self.sign(claims, self.id_header, self.id_key)

    def logout_token(
        self, header: dict[str, Any] | None = None, key: ECKey | None = None, **changes: Any
    ) -> str:
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": self.now,
            "exp": self.now + 120,
            "jti": secrets.token_hex(8),
            "sub": self.member["sub"],
            "sid": self.sid,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        } | changes
        return self.sign(claims, {"typ": "logout+jwt"} | (header or {}), key)

    def sign(self, claims: dict[str, Any], header: dict[str, Any], key: ECKey | None = None) -> str:
        used = key or self.keys[0]
        kept = {name: value for name, value in claims.items() if value is not None}
        full = {"alg": "ES256", "kid": used.kid} | header
        return jwt.encode(
            {name: value for name, value in full.items() if value is not None}, kept, used
        )

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def start_clock() -> MovableClock:
    return MovableClock(datetime(2026, 7, 20, 3, 0, tzinfo=UTC))


def _json(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document), status, content_type="application/json")
