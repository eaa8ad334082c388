"""What members and relying parties do, step by step, as walks over the public endpoints."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import secrets
from collections.abc import Callable, Generator
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.wire import Item, Request, Response, UnexpectedAnswer, Walk, cookie_header, get, post

REDIRECT_URI = "https://portal.mihon.example/callback"
SERVICE_SCOPE = "bench:read"
SCOPE = "openid profile email offline_access"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def hello(_item: Item) -> Walk:
    """Ask the floor."""
    (yield get("/")).expect(200)
    return {}


def discovery(_item: Item) -> Walk:
    """Read the provider's metadata."""
    (yield get("/.well-known/openid-configuration")).expect(200)
    return {}


def jwks(_item: Item) -> Walk:
    """Read the provider's public keys."""
    (yield get("/jwks")).expect(200)
    return {}


def sign_in(item: Item) -> Walk:
    """Sign in to a relying party with a fresh browser, up to the code: five requests."""
    jar: dict[str, str] = {}
    verifier = secrets.token_urlsafe(32)
    step = yield from _authorize(item["client_id"], verifier, jar)
    step = yield from _follow(step, jar, "/sign-in")
    page = yield get(step, Cookie=cookie_header(jar))
    fields = _hidden(page.expect(200))
    jar |= page.cookies()
    answer = yield from _send_password(item, fields, jar)
    back = yield get(answer, Cookie=cookie_header(jar))
    return _with_code(back, item["client_id"], verifier) | {"jar": jar}


def sign_in_page(item: Item) -> Walk:
    """Open the sign-in page of a fresh browser; gives what its form needs."""
    page = yield get("/sign-in")
    return {**item, "fields": _hidden(page.expect(200)), "jar": page.cookies()}


def password(item: Item) -> Walk:
    """Send the sign-in form that was opened before."""
    jar = dict(item["jar"])
    yield from _send_password(item, item["fields"], jar)
    return {"jar": jar}


def authorize(item: Item) -> Walk:
    """Get a code in a browser that is signed in: two requests."""
    jar, verifier = dict(item["jar"]), secrets.token_urlsafe(32)
    step = yield from _authorize(item["client_id"], verifier, jar)
    back = yield get(step, Cookie=cookie_header(jar))
    return _with_code(back, item["client_id"], verifier)


def exchange(item: Item) -> Walk:
    """Exchange a code for tokens."""
    form = {
        "grant_type": "authorization_code",
        "code": item["code"],
        "redirect_uri": REDIRECT_URI,
        "code_verifier": item["verifier"],
    }
    answer = yield _token_request(item, form)
    return _tokens(answer, item)


def refresh(item: Item) -> Walk:
    """Rotate a refresh token."""
    answer = yield _token_request(
        item, {"grant_type": "refresh_token", "refresh_token": item["refresh_token"]}
    )
    return _tokens(answer, item)


def client_credentials(item: Item) -> Walk:
    """Get a token for the client itself."""
    form = {"grant_type": "client_credentials", "scope": SERVICE_SCOPE}
    (yield _token_request(item, form)).expect(200)
    return item


def par(item: Item) -> Walk:
    """Push an authorization request."""
    form = _parameters(item["client_id"], secrets.token_urlsafe(32))
    (yield _token_request(item, form, "/par")).expect(201)
    return item


def introspect(item: Item) -> Walk:
    """Ask whether a token is live."""
    answer = yield _token_request(item, {"token": item["access_token"]}, "/introspect")
    if not json.loads(answer.expect(200).body)["active"]:
        raise UnexpectedAnswer("a live token was called inactive")
    return item


def userinfo(item: Item) -> Walk:
    """Read the member's claims with an access token."""
    answer = yield get("/userinfo", Authorization=f"Bearer {item['access_token']}")
    answer.expect(200)
    return item


WALKS: dict[str, Callable[[Item], Walk]] = {
    walk.__name__: walk
    for walk in (
        hello,
        discovery,
        jwks,
        sign_in,
        sign_in_page,
        password,
        authorize,
        exchange,
        refresh,
        client_credentials,
        par,
        introspect,
        userinfo,
    )
}


def _parameters(client_id: str, verifier: str) -> dict[str, str]:
    digest = hashlib.sha256(verifier.encode()).digest()
    return {
        "client_id": client_id,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": SCOPE,
        "state": secrets.token_urlsafe(16),
        "nonce": secrets.token_urlsafe(16),
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }


def _authorize(
    client_id: str, verifier: str, jar: dict[str, str]
) -> Generator[Request, Response, str]:
    query = urlencode(_parameters(client_id, verifier))
    answer = yield get(f"/authorize?{query}", Cookie=cookie_header(jar))
    jar |= answer.expect(303).cookies()
    return answer.header("location")


def _follow(path: str, jar: dict[str, str], wanted: str) -> Generator[Request, Response, str]:
    answer = yield get(path, Cookie=cookie_header(jar))
    jar |= answer.expect(303).cookies()
    target = answer.header("location")
    if not target.startswith(wanted):
        raise UnexpectedAnswer(f"sent to {target} instead of {wanted}")
    return target


def _send_password(
    item: Item, fields: dict[str, str], jar: dict[str, str]
) -> Generator[Request, Response, str]:
    form = {**fields, "username": item["email"], "password": item["password"]}
    answer = yield post("/sign-in", form, Cookie=cookie_header(jar))
    jar |= answer.expect(303).cookies()
    return answer.header("location")


def _hidden(page: Response) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(page.body.decode())}


def _with_code(answer: Response, client_id: str, verifier: str) -> Item:
    target = answer.expect(303).header("location")
    sent = parse_qs(urlsplit(target).query)
    if "code" not in sent:
        raise UnexpectedAnswer(f"no code in {target}")
    return {"client_id": client_id, "code": sent["code"][0], "verifier": verifier}


def _token_request(item: Item, form: dict[str, str], path: str = "/token") -> Request:
    headers = {"DPoP": item["proof"]} if "proof" in item else {}
    if "assertion" in item:
        form |= {"client_assertion_type": _ASSERTION, "client_assertion": item["assertion"]}
        return post(path, form, **headers)
    if "secret" in item:
        pair = f"{item['client_id']}:{item['secret']}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return post(path, form, **headers)
    return post(path, {**form, "client_id": item["client_id"]}, **headers)


def _tokens(answer: Response, item: Item) -> Item:
    content = json.loads(answer.expect(200).body)
    return {
        "client_id": item["client_id"],
        "access_token": content["access_token"],
        "refresh_token": content["refresh_token"],
        "bound": content["token_type"] == "DPoP",
    }
