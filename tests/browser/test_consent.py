"""A service of somebody else asks for information: the consent page, both answers, and again."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import journey
from tests.browser.visitor import PHONE, Visitor, visitor
from tests.support.demo import Demo
from tests.support.relying_party import Client, Pkce

SECRET = "s" * 43
PAGE = b'<!DOCTYPE html><html lang="ja"><title>x</title><link rel="icon" href="data:,">'


class Callback(BaseHTTPRequestHandler):
    """The other service's page; the answer is read from its address."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Shop:
    """A registered client with a web address of its own."""

    client: Client
    place: str

    def ask(self, v: Visitor, pkce: Pkce) -> dict[str, str]:
        asked = self.client.request(pkce, scope="openid profile email")
        v.page.goto(f"{self.client.issuer}/authorize?{urlencode(asked)}")
        return asked

    def answer(self, v: Visitor) -> dict[str, str]:
        expect(v.page).to_have_url(re.compile(re.escape(self.client.redirect_uri)))
        return {name: values[0] for name, values in parse_qs(urlsplit(v.page.url).query).items()}


@pytest.fixture
def shop(demo: Demo, tmp_path: Path) -> Iterator[Shop]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Callback)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    place = f"http://127.0.0.1:{server.server_port}"
    metadata = {
        "client_id": "reader",
        "client_secret": SECRET,
        "client_name": "みほん書店",
        "client_name_en": "Sample Books",
        "client_uri": f"{place}/",
        "redirect_uris": [f"{place}/callback"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile email",
    }
    file = tmp_path / "client.json"
    file.write_text(json.dumps(metadata, ensure_ascii=False), "utf-8")
    added = demo.idp("client", "add", "--file", str(file))
    assert added.returncode == 0, added.stderr
    yield Shop(Client(demo.issuer, "reader", f"{place}/callback", SECRET), place)
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_member_decides_what_another_service_is_told(
    demo: Demo, chromium: Browser, shop: Shop
) -> None:
    member = demo.member(index=5)
    with visitor(chromium, demo, PHONE, places=frozenset({shop.place})) as v:
        pkce = Pkce()
        asked = shop.ask(v, pkce)
        assert "みほん書店" in v.page.inner_text("main")
        journey.give_password(v.page, member["email"], member["password"])
        told = v.page.inner_text("main")
        assert "みほん書店" in told
        assert "メールアドレス" in told
        assert "ご住所" not in told
        v.look()

        v.page.click("form#consent button[value=deny]")
        answer = shop.answer(v)
        assert answer == {
            "error": "access_denied", "state": asked["state"], "iss": demo.issuer
        }  # fmt: skip

        asked = shop.ask(v, pkce)
        v.page.click("form#consent button[value=allow]")
        answer = shop.answer(v)
        assert (answer["state"], answer["iss"]) == (asked["state"], demo.issuer)
        tokens = shop.client.exchange(answer["code"], pkce).json()
        claims = shop.client.userinfo(tokens["access_token"]).json()
        assert claims["email"] == member["email"]
        assert "address" not in claims

        asked = shop.ask(v, pkce)  # what was allowed is not asked again
        assert shop.answer(v)["state"] == asked["state"]
