"""`response_mode=form_post` in a real browser: the script sends it, and so does the button."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import journey
from tests.browser.visitor import PHONE, visitor
from tests.support.demo import Demo
from tests.support.relying_party import Client, Pkce

SECRET = "f" * 43
PAGE = b'<!DOCTYPE html><html lang="ja"><title>x</title><link rel="icon" href="data:,"><p id="x">'
STATE = "状態 \"'<b>&amp;\r\nzweite Zeile ü"
"""HTML sends a line break as CR LF, whatever it was: no other one can come back unchanged."""


@dataclass
class Service:
    """A relying party that keeps what is posted to it."""

    client: Client
    posted: list[dict[str, str]] = field(default_factory=list)

    @property
    def place(self) -> str:
        return self.client.redirect_uri.removesuffix("/callback")


@pytest.fixture(scope="module")
def service(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    posted: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
            posted.append({name: values[0] for name, values in parse_qs(body).items()})
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/callback"
    file = Path(tmp_path_factory.mktemp("service")) / "service.json"
    entry = {
        "client_id": "poster",
        "client_secret": SECRET,
        "client_name": "みほんポスト",
        "redirect_uris": [address],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile",
    }
    file.write_text(json.dumps(entry))
    added = demo.idp("client", "add", "--file", str(file))
    assert added.returncode == 0, added.stderr
    yield Service(Client(demo.issuer, "poster", address, SECRET), posted)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_answer_arrives_with_every_character(
    chromium: Browser, demo: Demo, service: Service, scripts: bool
) -> None:
    """Row 31: under our content security policy, with scripts and without."""
    service.posted.clear()
    member, pkce = demo.member(index=4), Pkce()
    asked = service.client.request(
        pkce, scope="openid profile", response_mode="form_post", prompt="consent", state=STATE
    )
    places = frozenset({service.place})
    with visitor(chromium, demo, PHONE, places=places, java_script_enabled=scripts) as v:
        v.page.goto(f"{demo.issuer}/authorize?{urlencode(asked)}")
        journey.give_password(v.page, member["email"], member["password"])
        v.page.locator("#consent button[value=allow]").click()
        if not scripts:
            expect(v.page.locator("#form-post")).to_be_visible()
            v.look()
            v.page.locator("#form-post button").click()
        expect(v.page).to_have_url(re.compile(re.escape(service.client.redirect_uri)))
    (answer,) = service.posted
    assert answer["state"] == STATE
    assert answer["iss"] == demo.issuer
    assert service.client.exchange(answer["code"], pkce).status_code == 200
