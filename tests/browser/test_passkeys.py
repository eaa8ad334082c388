"""Passkeys in Chromium with a virtual authenticator: made, signed in with, taken away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.visitor import DESKTOP, PHONE, Visitor, visitor
from tests.support.demo import Demo, running_demo, wait_until
from tests.support.mailbox import codes_to, newest_code

CARRIED = "form#passkey"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo under a name: an address cannot be an RP ID."""
    folder = Path(tmp_path_factory.mktemp("passkeys"))
    with running_demo(folder, "--workers", "1", "--host", "localhost") as running:
        yield running


def authenticator(page: Page, **options: Any) -> tuple[CDPSession, str]:
    """Give a page a device that can make passkeys."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    made = cdp.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
            | options
        },
    )
    return cdp, made["authenticatorId"]


def sign_in(page: Page, demo: Demo, member: dict[str, str]) -> None:
    """Sign in by password; who has a passkey already is asked for a code by mail, too."""
    mails = len(codes_to(demo, member["email"]))
    page.goto(f"{demo.issuer}/sign-in")
    page.fill("#username", member["email"])
    page.fill("#password", member["password"])
    page.click("form#sign-in button[type=submit]")
    if page.locator("form#verification-code").count():
        page.fill("#code", newest_code(demo, member["email"], more_than=mails))
        page.click("form#verification-code button")
    expect(page).to_have_url(f"{demo.issuer}/account")


def make_passkey(page: Page, demo: Demo, name: str) -> None:
    page.goto(f"{demo.issuer}/account/passkeys")
    page.click("[data-passkey-start] button")
    page.fill("#name", name)
    page.click("form#passkey button")
    expect(page.locator("[role=status]")).to_be_visible()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def forget_session(v: Visitor) -> None:
    v.page.context.clear_cookies(name="kumiai_idp")


def answer_kept(page: Page, demo: Demo) -> dict[str, str]:
    """Let the device answer, but keep what would have been sent."""
    page.goto(f"{demo.issuer}/sign-in")
    page.add_init_script("HTMLFormElement.prototype.submit = () => { window.kept = true; }")
    page.click("[data-passkey-start] button")
    expect(page.locator("form#passkey")).to_be_attached()
    # Not `wait_for_function`: it evaluates text in the page, which its policy forbids.
    wait_until(lambda: page.evaluate("window.kept === true"))
    fields: dict[str, str] = page.evaluate(
        "Object.fromEntries(new FormData(document.querySelector('form#passkey')))"
    )
    return fields


def sent(v: Visitor, demo: Demo, fields: dict[str, str]) -> int:
    """Send an answer as a form; give the status."""
    response = v.page.context.request.post(
        f"{demo.issuer}/sign-in/passkey/answer", form=fields, max_redirects=0
    )
    return response.status


@pytest.mark.parametrize("shape", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_passkey_is_made_and_signs_in_without_an_address(
    chromium: Chromium, demo: Demo, shape: dict[str, Any]
) -> None:
    member = demo.member(index=0 if shape is PHONE else 1)
    with visitor(chromium, demo, shape) as v:
        authenticator(v.page)
        sign_in(v.page, demo, member)
        make_passkey(v.page, demo, "わたしの端末")
        v.look()
        forget_session(v)
        v.page.goto(f"{demo.issuer}/sign-in")
        v.look()
        v.page.click("[data-passkey-start] button")
        expect(v.page).to_have_url(f"{demo.issuer}/account")
        expect(v.page.get_by_text(member["number"])).to_be_visible()


def test_a_passkey_answer_is_worth_nothing_twice(chromium: Chromium, demo: Demo) -> None:
    with visitor(chromium, demo, DESKTOP) as v:
        authenticator(v.page)
        sign_in(v.page, demo, demo.member(index=2))
        make_passkey(v.page, demo, "once")
        forget_session(v)
        fields = answer_kept(v.page, demo)
        assert sent(v, demo, fields) == 303
        forget_session(v)
        assert sent(v, demo, fields) == 401


def test_an_answer_to_another_question_or_origin_is_refused(chromium: Chromium, demo: Demo) -> None:
    with visitor(chromium, demo, DESKTOP) as v:
        cdp, _ = authenticator(v.page)
        sign_in(v.page, demo, demo.member(index=3))
        make_passkey(v.page, demo, "mine")
        forget_session(v)
        first, second = answer_kept(v.page, demo), answer_kept(v.page, demo)
        crossed = second | {"question": first["question"]}
        assert sent(v, demo, crossed) == 401
        for change in (_other_origin, _other_party, _other_member, _not_verified):
            fields = answer_kept(v.page, demo)
            assert sent(v, demo, fields | {"credential": change(fields["credential"])}) == 401
        assert sent(v, demo, answer_kept(v.page, demo)) == 303
        cdp.detach()


def test_a_copied_passkey_is_noticed_by_its_counter(chromium: Chromium, demo: Demo) -> None:
    with visitor(chromium, demo, DESKTOP) as v:
        cdp, device = authenticator(v.page)
        sign_in(v.page, demo, demo.member(index=0))
        make_passkey(v.page, demo, "copied")
        (copy,) = cdp.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
        forget_session(v)
        assert sent(v, demo, answer_kept(v.page, demo)) == 303
        cdp.send("WebAuthn.clearCredentials", {"authenticatorId": device})
        cdp.send("WebAuthn.addCredential", {"authenticatorId": device, "credential": copy})
        forget_session(v)
        assert sent(v, demo, answer_kept(v.page, demo)) == 401


def test_another_browser_cannot_answer_the_question(chromium: Chromium, demo: Demo) -> None:
    with visitor(chromium, demo, DESKTOP) as v, visitor(chromium, demo, PHONE) as other:
        authenticator(v.page)
        sign_in(v.page, demo, demo.member(index=1))
        make_passkey(v.page, demo, "bound")
        forget_session(v)
        fields = answer_kept(v.page, demo)
        other.page.goto(f"{demo.issuer}/sign-in")
        theirs = other.page.get_attribute("form#sign-in input[name=csrf_token]", "value") or ""
        assert sent(other, demo, fields | {"csrf_token": theirs}) == 401


def test_a_removed_passkey_signs_nobody_in(chromium: Chromium, demo: Demo) -> None:
    with visitor(chromium, demo, DESKTOP) as v:
        authenticator(v.page)
        sign_in(v.page, demo, demo.member(index=2))
        make_passkey(v.page, demo, "gone")
        v.page.get_by_role("button", name="「gone」の登録を取り消す").click()
        expect(v.page.locator("[role=status]")).to_be_visible()
        forget_session(v)
        v.page.goto(f"{demo.issuer}/sign-in")
        v.page.click("[data-passkey-start] button")
        expect(v.page.locator("[data-passkey-failed] , [role=alert]").first).to_be_attached()
        assert v.page.context.cookies(demo.issuer)
        assert "kumiai_idp" not in {c["name"] for c in v.page.context.cookies(demo.issuer)}


def test_without_scripts_no_passkey_is_offered(chromium: Chromium, demo: Demo) -> None:
    with visitor(chromium, demo, DESKTOP | {"java_script_enabled": False}) as v:
        v.page.goto(f"{demo.issuer}/sign-in")
        expect(v.page.locator("[data-passkey-start]")).to_be_hidden()


def _changed(credential: str, name: str, change: Any) -> str:
    import base64

    read = json.loads(credential)
    raw = read["response"][name] or ""
    plain = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
    read["response"][name] = base64.urlsafe_b64encode(change(plain)).rstrip(b"=").decode()
    return json.dumps(read)


def _other_origin(credential: str) -> str:
    def change(plain: bytes) -> bytes:
        return json.dumps(json.loads(plain) | {"origin": "https://evil.example"}).encode()

    return _changed(credential, "clientDataJSON", change)


def _other_party(credential: str) -> str:
    return _changed(credential, "authenticatorData", lambda plain: bytes(32) + plain[32:])


def _other_member(credential: str) -> str:
    return _changed(credential, "userHandle", lambda _plain: b"somebody-else-0000000000")


def _not_verified(credential: str) -> str:
    return _changed(
        credential,
        "authenticatorData",
        lambda plain: plain[:32] + bytes([plain[32] & ~4]) + plain[33:],
    )
