"""Back-channel logout as a scripted receiver sees it, from `idp serve` with settings of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from demo.people import MEMBERS
from demo.register import register_csv
from idp.clock import Clock
from tests.flows.deployment import Deployment, new_deployment, serving
from tests.support.demo import wait_until
from tests.support.parties import PARTIES, SECRETS, write_policies
from tests.support.relying_party import Browser, Client, Pkce, answer_of, claims_of, hidden_fields

EVENT = "http://schemas.openid.net/event/backchannel-logout"
PASSWORD = "a password for the logout test"
PERSON = MEMBERS[0]


@dataclass
class Receiver:
    """An HTTP server that keeps what was posted, and answers what it is told to answer."""

    received: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=dict)
    hangs: dict[str, threading.Event] = field(default_factory=dict)
    url: str = ""

    def tokens(self, path: str) -> list[str]:
        return [form["logout_token"] for at, form, _ in list(self.received) if at == path]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            kept.received.append((self.path, form, dict(self.headers)))
            if self.path in kept.hangs:
                kept.hangs[self.path].wait(30)
                return
            waiting = kept.answers.get(self.path) or [200]
            status = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Keep the terminal quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def deployment(
    tmp_path_factory: pytest.TempPathFactory, receiver: Receiver
) -> Iterator[Deployment]:
    folder = Path(tmp_path_factory.mktemp("serve"))
    told = {"desk": "/desk", "legacy": "/redirecting", "post": "/failing", "shop": "/shop"}
    parties = {
        name: entry | {"backchannel_logout_uri": receiver.url + told[name], "first_party": True}
        for name, entry in PARTIES.items()
        if name in told
    }
    for name, alg in (("es256", "ES256"), ("ps256", "PS256"), ("ed", "Ed25519")):
        parties[f"keyed-{name}"] = PARTIES["desk"] | {
            "backchannel_logout_uri": f"{receiver.url}/keyed-{name}",
            "id_token_signed_response_alg": alg,
        }
    parties["once"] = PARTIES["once"] | {"backchannel_logout_uri": "http://127.0.0.1:9/unreached"}
    policies = write_policies(folder / "policies", parties)
    allowed = receiver.url.replace("127.0.0.1", "127.0.0.1/32")
    made = new_deployment(folder / "own", policies, outgoing_allow=allowed)
    with serving(made):
        file = folder / "register.csv"
        file.write_bytes(register_csv(Clock().today()))
        made.must("member", "import", str(file), "--apply")
        made.must("account", "add", PERSON.number, str(PERSON.email), typed=PASSWORD + "\n")
        yield made


def signed_in(deployment: Deployment) -> Browser:
    browser = Browser(deployment.settings["issuer"])
    assert browser.sign_in(str(PERSON.email), PASSWORD).status_code == 303
    return browser


def tokens(browser: Browser, name: str) -> dict[str, Any]:
    like = "desk" if name.startswith("keyed-") else name
    uri = str(PARTIES[like]["redirect_uris"][0])
    client = Client(browser.issuer, name, uri, SECRETS[like] if name != "post" else None)
    pkce = Pkce()
    answer = answer_of(browser.authorize(**client.request(pkce, scope="openid offline_access")))
    more = {"client_secret": SECRETS[name]} if name == "post" else {}
    content: dict[str, Any] = client.exchange(answer["code"], pkce, **more).json()
    return content


def sign_out(browser: Browser) -> None:
    browser.post("/sign-out", hidden_fields(browser.get("/sign-out").text))


def test_every_client_of_the_session_is_told_once_with_a_proper_token(
    deployment: Deployment, receiver: Receiver
) -> None:
    """Rows 108, 109: BCLogout 2.5; BCLogout 2.4."""
    browser, receiver.received[:] = signed_in(deployment), []
    held = {name: claims_of(tokens(browser, name)["id_token"]) for name in ("desk", "shop")}
    tokens(browser, "desk")
    sign_out(browser)
    wait_until(lambda: receiver.tokens("/desk") and receiver.tokens("/shop"), 15)
    keys = KeySet.import_key_set(requests.get(browser.issuer + "/jwks", timeout=30).json())
    for name in ("desk", "shop"):
        (told,) = receiver.tokens(f"/{name}")
        token = jwt.decode(told, keys, algorithms=["RS256"])
        claims = token.claims
        assert token.header["typ"] == "logout+jwt"
        assert (claims["iss"], claims["aud"]) == (browser.issuer, name)
        assert claims["events"] == {EVENT: {}}
        assert (claims["sub"], claims["sid"]) == (held[name]["sub"], held[name]["sid"])
        assert claims["iat"] < claims["exp"] <= claims["iat"] + 120
        assert claims["jti"]
        assert "nonce" not in claims
    headers = receiver.received[0][2]
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Cookie" not in headers


def test_only_the_session_that_ended_is_told_of(deployment: Deployment, receiver: Receiver) -> None:
    """Row 108: BCLogout 2.5."""
    one, two = signed_in(deployment), signed_in(deployment)
    receiver.received.clear()
    ended = claims_of(tokens(one, "desk")["id_token"])["sid"]
    tokens(two, "desk")
    sign_out(one)
    (told,) = wait_until(lambda: receiver.tokens("/desk"), 15)
    assert claims_of(told)["sid"] == ended


def test_a_logout_token_is_no_hint_for_a_sign_out(
    deployment: Deployment, receiver: Receiver
) -> None:
    """Row 105: RPLogout 2."""
    browser, receiver.received[:] = signed_in(deployment), []
    tokens(browser, "desk")
    sign_out(browser)
    (told,) = wait_until(lambda: receiver.tokens("/desk"), 15)
    again = signed_in(deployment)
    page = again.get("/end_session", params={"id_token_hint": told})
    assert 'id="sign-out"' in page.text
    assert again.get("/account").status_code == 200


def test_a_client_that_fails_is_tried_again_and_delays_nobody(
    deployment: Deployment, receiver: Receiver
) -> None:
    """Row 108: BCLogout 2.5."""
    browser, receiver.received[:] = signed_in(deployment), []
    receiver.answers["/failing"] = [500, 200]
    for name in ("post", "desk", "once"):
        tokens(browser, name)
    sign_out(browser)
    wait_until(lambda: receiver.tokens("/desk"), 15)
    first, second = wait_until(lambda: (t := receiver.tokens("/failing")) and len(t) == 2 and t, 20)
    assert claims_of(first)["sid"] == claims_of(second)["sid"]
    assert claims_of(first)["jti"] != claims_of(second)["jti"], "signed anew at each delivery"


def test_redirects_are_not_followed_and_unlisted_places_are_not_called(
    deployment: Deployment, receiver: Receiver
) -> None:
    browser, receiver.received[:] = signed_in(deployment), []
    receiver.answers["/redirecting"] = [302, 200]
    for name in ("legacy", "once"):
        tokens(browser, name)
    sign_out(browser)
    wait_until(lambda: len(receiver.tokens("/redirecting")) == 2, 20)
    assert not [at for at, _, _ in receiver.received if at == "/elsewhere"]
    failed = deployment.must("audit", "search", "--name", "logout.failed", "--format", "json")
    assert "the address may not be called" in failed
    assert "Traceback" not in deployment.log()


def test_each_delivery_stands_in_the_log(deployment: Deployment) -> None:
    found = deployment.must("audit", "search", "--name", "logout.delivered", "--format", "json")
    assert '"client": "desk"' in found or '"client":"desk"' in found


def test_a_receiver_that_hangs_blocks_neither_the_logout_nor_the_others(
    deployment: Deployment, receiver: Receiver
) -> None:
    """Row 108: failures of one relying party are its own."""
    browser, receiver.received[:] = signed_in(deployment), []
    receiver.hangs["/failing"] = threading.Event()
    try:
        for name in ("post", "desk", "shop"):
            tokens(browser, name)
        started = time.monotonic()
        sign_out(browser)
        assert time.monotonic() - started < 2, "a sign-out waits for nobody"
        assert browser.get("/account").status_code == 303
        wait_until(lambda: receiver.tokens("/desk") and receiver.tokens("/shop"), 4)
        assert time.monotonic() - started < 5, "the others are told before the hanging one gives up"
        wait_until(
            lambda: (
                "no answer within 5 s"
                in deployment.must("audit", "search", "--name", "logout.failed", "--format", "json")
            ),
            20,
        )
    finally:
        receiver.hangs.pop("/failing").set()


def test_sealing_goes_on_while_a_receiver_hangs(deployment: Deployment, receiver: Receiver) -> None:
    browser, receiver.received[:] = signed_in(deployment), []
    receiver.hangs["/failing"] = threading.Event()
    try:
        tokens(browser, "post")
        sign_out(browser)
        wait_until(lambda: receiver.tokens("/failing"), 10)
        started = time.monotonic()
        deployment.must("audit", "export", "--out", str(deployment.folder / "while-hanging"))
        assert time.monotonic() - started < 4.5
    finally:
        receiver.hangs.pop("/failing").set()


@pytest.mark.parametrize(
    ("name", "alg"), [("keyed-es256", "ES256"), ("keyed-ps256", "PS256"), ("keyed-ed", "Ed25519")]
)
def test_a_logout_token_is_signed_as_the_id_tokens_of_its_client(
    deployment: Deployment, receiver: Receiver, name: str, alg: str
) -> None:
    """Row 109: one algorithm per client for both kinds of tokens, and its own type."""
    browser, receiver.received[:] = signed_in(deployment), []
    id_token = tokens(browser, name)["id_token"]
    sign_out(browser)
    (told,) = wait_until(lambda: receiver.tokens(f"/{name}"), 15)
    assert extract_compact(id_token.encode()).headers()["alg"] == alg
    keys = KeySet.import_key_set(requests.get(browser.issuer + "/jwks", timeout=30).json())
    token = jwt.decode(told, keys, algorithms=[alg])
    assert (token.header["alg"], token.header["typ"]) == (alg, "logout+jwt")
    assert "nonce" not in token.claims


def test_without_offline_access_nothing_outlives_the_session(deployment: Deployment) -> None:
    """Row 110: no refresh token is given without it, and the access token dies at the sign-out."""
    browser = signed_in(deployment)
    uri = str(PARTIES["desk"]["redirect_uris"][0])
    client, pkce = Client(browser.issuer, "desk", uri, SECRETS["desk"]), Pkce()
    answer = answer_of(browser.authorize(**client.request(pkce, scope="openid")))
    held = client.exchange(answer["code"], pkce).json()
    assert "refresh_token" not in held
    assert client.userinfo(held["access_token"]).status_code == 200
    offline = tokens(browser, "desk")
    sign_out(browser)
    assert client.userinfo(held["access_token"]).status_code == 401
    # A sign-out by the member ends what was granted in this session altogether (ADR 8).
    refused = client.refresh(offline["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_discovery_says_what_is_done(deployment: Deployment) -> None:
    """Row 110: and every ID token names its session."""
    issuer = deployment.settings["issuer"]
    facts = requests.get(issuer + "/.well-known/openid-configuration", timeout=30).json()
    assert facts["backchannel_logout_supported"] is True
    assert facts["backchannel_logout_session_supported"] is True
    assert claims_of(tokens(signed_in(deployment), "desk")["id_token"])["sid"]
