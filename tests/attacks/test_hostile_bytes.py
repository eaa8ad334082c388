"""Bytes for the started server without any client library between: no 5xx, no hang, no log.

What the server itself refuses (it may hang up) and what reaches the front door are one promise.
"""

from __future__ import annotations

import secrets
import time
from urllib.parse import quote, urlsplit

import pytest
import requests

from tests.attacks.hostile_bytes import MACHINES, corpus, request
from tests.flows.journey import code_for, signed_in
from tests.support.demo import Demo
from tests.support.parties import SECRETS, assertion, party, proven
from tests.support.raw_http import exchange
from tests.support.relying_party import Pkce

SECRET = "mark-" + secrets.token_urlsafe(24)
CASES = corpus(SECRET)
NOT_OURS = {501, 505}
"""What a server may say of a method or a version."""


def ask(demo: Demo, raw: bytes) -> tuple[int, bytes]:
    """Send bytes, close our half when nothing comes, and read what comes."""
    host = urlsplit(demo.issuer).netloc.encode()
    answer = exchange(demo.issuer, raw.replace(b"{host}", host), 10, patience=0.5)
    return answer.status, answer.body


@pytest.mark.parametrize("kind", CASES)
def test_no_bytes_make_the_server_fail_or_wait(demo: Demo, kind: str) -> None:
    """Row 62: a plain refusal, or none at all."""
    begun = time.monotonic()
    status, body = ask(demo, CASES[kind])
    assert status < 500 or status in NOT_OURS, (status, body[:300])
    assert SECRET.encode() not in body
    assert b"Traceback" not in body
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("path", MACHINES)
@pytest.mark.parametrize("target", ["//{}", "/{}/", "/{};x", "/%2e/{}", "/x/../{}", "/{}%00"])
def test_an_endpoint_has_one_name(demo: Demo, path: str, target: str) -> None:
    """Row 51: a path that a proxy in front may read in another way is no endpoint of ours."""
    status, _ = ask(demo, request("POST", target.format(path[1:])))
    plain, _ = ask(demo, request("POST", path))
    assert plain in (400, 401, 405)
    assert status in (400, 404, 405)


def test_two_requests_in_one_are_never_mixed(demo: Demo) -> None:
    """Row 62: what stands behind a request of known length is another request, or nothing."""
    hidden = request("GET", "/jwks", b"", b"")
    raw = request(body=hidden, length=b"5")
    status, body = ask(demo, raw)
    assert status < 500
    assert b'"keys"' not in body


def test_a_slow_sender_does_not_hold_the_others_up(demo: Demo) -> None:
    """Row 62: half a request from many senders leaves the server to the others."""
    import socket

    parts = urlsplit(demo.issuer)
    half = request(length=b"1000", body=b"grant_type=").replace(b"{host}", b"x")
    waiting = [socket.create_connection((parts.hostname, parts.port), 10) for _ in range(50)]
    try:
        for connection in waiting:
            connection.sendall(half)
        begun = time.monotonic()
        assert requests.get(demo.issuer + "/jwks", timeout=10).status_code == 200
        assert time.monotonic() - begun < 5
    finally:
        for connection in waiting:
            connection.close()


def test_no_secret_of_the_run_stands_in_a_log(demo: Demo) -> None:
    """Row 117: not of requests that failed, not of those that succeeded."""
    desk, keyed, pkce = party(demo, "desk"), party(demo, "keyed"), Pkce()
    browser, token = signed_in(demo), assertion(demo)
    code = code_for(browser, desk, pkce)
    answer = desk.exchange(code, pkce).json()
    keyed.token(grant_type="authorization_code", code=SECRET, **proven(token))
    requests.get(f"{demo.issuer}/userinfo?access_token={SECRET}", timeout=30)
    requests.get(f"{demo.issuer}/token?client_secret={SECRET}&code={code}", timeout=30)
    requests.get(f"{demo.issuer}/authorize?client_id=nobody&state={SECRET}", timeout=30)
    desk.userinfo(answer["access_token"] + SECRET)
    held = [SECRET, code, pkce.verifier, token, SECRETS["desk"], demo.member()["password"]]
    held += [answer["access_token"], answer["refresh_token"], answer["id_token"]]
    held += [cookie.value or "-" for cookie in browser.http.cookies]
    logs = [*(demo.data / "logs").glob("*.log"), demo.data.parent / "demo.err"]
    assert len(logs) >= 3
    for log in logs:
        text = log.read_text("utf-8", "replace")
        assert [known[:6] for known in held if known in text or quote(known) in text] == [], log
        assert "Traceback" not in text
