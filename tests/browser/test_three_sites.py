"""The story over https on three sites: what SameSite, __Host- and CORS mean where they differ.

On one host everything is same-site, so nothing of this shows in the other tests.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Playwright

from tests.browser import journey
from tests.browser.visitor import DESKTOP, launch, visitor
from tests.support.demo import Demo, running_demo

NAMES = "id.mihon.example,portal.mihon-portal.example,card.mihon-card.example"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = Path(tmp_path_factory.mktemp("sites"))
    with running_demo(folder, "--workers", "1", "--https", "--names", NAMES) as running:
        yield running


@pytest.fixture(scope="module")
def three_sites(demo: Demo, playwright: Playwright) -> Iterator[Browser]:
    """A Chromium that finds the names on this machine and trusts the demo's throw-away CA."""
    ca = x509.load_pem_x509_certificate(Path(demo.facts["ca"]).read_bytes())
    key = ca.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pin = base64.b64encode(hashlib.sha256(key).digest()).decode()
    browser = launch(
        playwright,
        "--host-resolver-rules=MAP * 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={pin}",
    )
    yield browser
    browser.close()


def test_the_whole_story_over_https_on_three_sites(demo: Demo, three_sites: Browser) -> None:
    member = demo.member()
    with visitor(three_sites, demo, DESKTOP) as v, visitor(three_sites, demo, DESKTOP) as shop:
        journey.sign_in_looking(v, demo, member)
        journey.read_the_portal(v, demo, member)
        code = journey.open_card(v, demo)  # across sites: the session cookie went along
        journey.read_the_card(v, member)
        journey.check_code(shop, demo, code, member, valid=True)
        cookies = v.context.cookies()
        portal = v.context.new_page()
        journey.sign_out_at_portal(portal, demo)
        v.page.bring_to_front()
        journey.card_is_out(v.page)
        journey.portal_is_out(portal, demo)
    assert {cookie["domain"] for cookie in cookies} >= {
        "id.mihon.example", "portal.mihon-portal.example"
    }  # fmt: skip
    for cookie in cookies:
        assert cookie["name"].startswith("__Host-"), cookie["name"]
        assert (cookie["secure"], cookie["httpOnly"], cookie["path"]) == (True, True, "/")
        assert cookie["sameSite"] in ("Lax", "Strict"), cookie["name"]


def test_a_page_elsewhere_cannot_sign_a_member_out(demo: Demo, three_sites: Browser) -> None:
    member = demo.member(index=1)
    elsewhere = "https://elsewhere.mihon-other.example"
    with visitor(three_sites, demo, DESKTOP, places=frozenset({elsewhere})) as v:
        journey.sign_in(v, demo, member)
        forms = "".join(
            f'<form method="post" action="{place}/sign-out"><button>{place}</button></form>'
            for place in (demo.issuer, demo.facts["portal"])
        )
        v.context.route(
            f"{elsewhere}/**", lambda route: route.fulfill(body=forms, content_type="text/html")
        )
        trap = v.context.new_page()
        for number in (0, 1):
            trap.goto(f"{elsewhere}/")
            with trap.expect_navigation():
                trap.locator("button").nth(number).click()
        v.page.goto(f"{demo.facts['portal']}/me")
        assert member["number"] in v.page.inner_text("main")
        v.page.goto(f"{demo.issuer}/account")
        assert member["number"] in v.page.inner_text("main")
