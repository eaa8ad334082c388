"""Source networks by policy: outside them the staff pages do not answer, whatever is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from tests.support.demo import Demo, wait_until
from tests.support.relying_party import Browser
from tests.support.staff import sign_in, staff_of, type_password


@pytest.fixture
def restrict(demo: Demo) -> Iterator[Callable[[str], None]]:
    file = demo.data / "policies" / "roles.toml"
    before = file.read_text("utf-8")

    def to(networks: str) -> None:
        text, done = re.subn(r"(?m)^source_networks = .*$", f"source_networks = {networks}", before)
        assert done == 1
        file.write_text(text, "utf-8")
        put = demo.idp(
            "policy", "activate", str(file.parent), "--break-glass", "--reason", "a test"
        )
        assert put.returncode == 0, put.stderr

    yield to
    to("[]")
    wait_until(lambda: Browser(demo.issuer).get("/staff/sign-in").status_code == 200)


def test_a_foreign_network_is_refused_and_its_session_ends(
    demo: Demo, restrict: Callable[[str], None]
) -> None:
    account = staff_of(demo, "helpdesk")
    browser = sign_in(demo, account)
    restrict('["192.0.2.0/24"]')
    outside = Browser(demo.issuer)
    wait_until(lambda: outside.get("/staff/sign-in").status_code == 403)
    page = browser.get("/staff")
    assert page.status_code == 403
    assert "この場所からはご利用になれません" in page.text
    # CVE-2024-47070: what a stranger writes into the header is not believed.
    lied = {"X-Forwarded-For": "192.0.2.7"}
    assert outside.get("/staff/sign-in", headers=lied).status_code == 403
    assert outside.post("/staff/sign-in", {}).status_code == 403
    restrict('["192.0.2.0/24", "127.0.0.0/8"]')
    wait_until(lambda: outside.get("/staff/sign-in").status_code == 200)
    assert browser.get("/staff").status_code == 303, "the session has ended"
    assert type_password(outside, account["email"], account["password"]).status_code == 303
