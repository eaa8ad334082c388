"""The app in real Chromium: sign in, show, refresh, end with its reason, sign out, offline."""

import pytest
import requests
from card_browser import DESKTOP, PHONE, look, open_card, page_of, stored
from card_program import Program
from card_provider import EVENT, ScriptedProvider
from playwright.sync_api import Browser, BrowserContext, expect


def valid(program: Program, code: str | None) -> bool:
    answer = requests.get(
        f"{program.url}/check", {"c": code or ""}, headers={"Accept": "application/json"}, timeout=5
    )
    return bool(answer.json()["valid"])


def test_the_story_of_a_card(
    phone: BrowserContext, program: Program, provider: ScriptedProvider
) -> None:
    page, errors = page_of(phone)
    code = open_card(page, program)
    asked = provider.authorizations[0]
    assert asked["scope"] == "openid profile offline_access"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{program.url}/callback"
    assert page.url == f"{program.url}/"
    expect(page.locator("#organisation")).to_have_text("みほん学校生活協同組合")
    expect(page.locator("#holder")).to_have_text("見本　花子")
    expect(page.locator(".kana")).to_have_text("ミホン　ハナコ")
    expect(page.locator("#member-number")).to_have_text("00123456")
    expect(page.locator("#qr")).to_be_visible()
    assert page.locator("#qr").evaluate("image => image.naturalWidth") > 0
    assert valid(program, code)
    look(page, "shown")

    page.reload()
    expect(page.locator("#state")).to_have_text("有効です")
    assert len(provider.authorizations) == 1  # the session reopens without a sign-in
    assert provider.refreshes == 1

    page.locator("#sign-out button").click()
    expect(page.locator("#signed-out")).to_be_visible()
    assert page.url == f"{program.url}/signed-out"
    sent = provider.sign_outs[0]
    assert sent["post_logout_redirect_uri"] == f"{program.url}/signed-out"
    assert sent["id_token_hint"].count(".") == 2
    assert not valid(program, code)
    assert "session" not in stored(page)
    look(page, "signed-out")
    page.locator("#act").click()
    expect(page.locator("#state")).to_have_text("有効です")
    assert errors == []


def test_english_dark_and_large_text(browser: Browser, program: Program) -> None:
    narrow = PHONE | {"viewport": {"width": 320, "height": 640}, "locale": "en-US"}
    context = browser.new_context(**narrow, color_scheme="dark")
    page, errors = page_of(context)
    page.goto(f"{program.url}/")
    expect(page.locator("#state")).to_have_text("Valid")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    look(page, "english-dark")
    page.evaluate("document.styleSheets[0].insertRule('html { font-size: 225% !important }')")
    look(page, "english-dark-200-percent")
    page.get_by_role("link", name="日本語").click()
    expect(page.locator("#state")).to_have_text("有効です")
    assert errors == []
    context.close()


def test_a_desktop_browser_may_continue(
    browser: Browser, program: Program, provider: ScriptedProvider
) -> None:
    context = browser.new_context(**DESKTOP)
    page, errors = page_of(context)
    page.goto(f"{program.url}/")
    expect(page.locator("#not-phone")).to_be_visible()
    assert provider.authorizations == []
    look(page, "not-a-phone")
    page.locator("#anyway").click()
    expect(page.locator("#state")).to_have_text("有効です")
    look(page, "shown")
    assert errors == []
    context.close()


def test_a_browser_without_scripts_or_features_is_told(browser: Browser, program: Program) -> None:
    context = browser.new_context(**PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{program.url}/")
    expect(page.get_by_text("JavaScript を有効にしてください")).to_be_visible()
    context.close()
    context = browser.new_context(**PHONE)
    context.add_init_script(
        "delete window.indexedDB; Object.defineProperty(window, 'indexedDB', {})"
    )
    page, _ = page_of(context)
    page.goto(f"{program.url}/")
    expect(page.locator("#unsupported")).to_be_visible()
    expect(page.locator("#missing")).to_have_text("IndexedDB")
    look(page, "unsupported")
    context.close()


@pytest.mark.parametrize("reason", ["membership_ended", "service_stopped", "signed_out", "blocked"])
def test_an_ended_card_says_why(
    phone: BrowserContext, program: Program, provider: ScriptedProvider, reason: str
) -> None:
    page, errors = page_of(phone)
    code = open_card(page, program)
    provider.ended = reason
    token = provider.logout_token()
    sent = requests.post(f"{program.url}/backchannel-logout", {"logout_token": token}, timeout=5)
    assert sent.status_code == 200
    assert not valid(program, code)
    expect(page.locator(f"#ended-{reason}")).to_be_visible(timeout=6000)  # asks every 4 s
    uninstall = page.get_by_role("heading", name="アンインストールの方法")
    assert uninstall.count() == (1 if reason in {"membership_ended", "service_stopped"} else 0)
    assert "見本" not in page.locator("body").inner_text()
    assert "session" not in stored(page)
    look(page, f"ended-{reason}")
    assert errors == []


@pytest.mark.parametrize("exposed", [True, False])
def test_an_end_is_seen_without_a_logout_token(
    phone: BrowserContext, program: Program, provider: ScriptedProvider, exposed: bool
) -> None:
    provider.expose_challenge = exposed
    page, _ = page_of(phone)
    open_card(page, program)
    provider.ended = "membership_ended"
    page.locator("#refresh").click()
    expect(page.locator("#ended-membership_ended")).to_be_visible()
    page.goto(f"{program.url}/")  # it stays so, and goes nowhere by itself
    expect(page.locator("#ended-membership_ended")).to_be_visible()
    assert len(provider.authorizations) == 1


def test_a_refused_sign_in_explains_and_does_not_loop(
    phone: BrowserContext, program: Program, provider: ScriptedProvider
) -> None:
    provider.deny = "access_denied"
    page, errors = page_of(phone)
    page.goto(f"{program.url}/")
    expect(page.locator("#denied")).to_be_visible()
    expect(page.locator("#portal")).to_have_attribute("href", "https://portal.mihon.example/")
    assert len(provider.authorizations) == 1
    look(page, "denied")
    provider.deny = "temporarily_unavailable"
    page.locator("#act").click()
    expect(page.locator("#failed")).to_be_visible()
    look(page, "failed")
    provider.deny, provider.deny_description = "access_denied", "service_stopped"
    page.locator("#act").click()
    expect(page.locator("#ended-service_stopped")).to_be_visible()
    assert errors == []


def test_signing_in_by_itself_stops_after_three_attempts(
    phone: BrowserContext, program: Program, provider: ScriptedProvider
) -> None:
    provider.deny = "login_required"
    page, _ = page_of(phone)
    for _attempt in range(3):
        page.goto(f"{program.url}/")
        expect(page.locator("#failed")).to_be_visible()
    page.goto(f"{program.url}/")
    expect(page.locator("#welcome")).to_be_visible()
    assert len(provider.authorizations) == 3


@pytest.mark.parametrize("query", ["", "?code=x&state=y", "?error=access_denied&state=y"])
def test_a_foreign_callback_starts_nothing(
    phone: BrowserContext, program: Program, provider: ScriptedProvider, query: str
) -> None:
    page, _ = page_of(phone)
    page.goto(f"{program.url}/callback{query}")
    expect(page.locator("#failed")).to_be_visible()
    assert provider.authorizations == []
    assert "session" not in stored(page)


@pytest.mark.parametrize("fault", ["nonce", "signature"])
def test_an_unfit_id_token_is_no_sign_in(
    phone: BrowserContext, program: Program, provider: ScriptedProvider, fault: str
) -> None:
    original = provider.id_token

    def unfit(nonce: str | None = None) -> str:
        if fault == "nonce":
            return original("another")
        return original(nonce)[:-8] + "AAAAAAAA"

    provider.id_token = unfit  # type: ignore[method-assign,assignment]
    page, _ = page_of(phone)
    page.goto(f"{program.url}/")
    expect(page.locator("#failed")).to_be_visible()
    assert len(provider.authorizations) == 1
    assert "session" not in stored(page)


def test_parallel_tabs_take_turns(
    phone: BrowserContext, program: Program, provider: ScriptedProvider
) -> None:
    provider.access_lifetime = 1  # every tab wants a refresh at every call
    pages = [page_of(phone)[0] for _ in range(3)]
    open_card(pages[0], program)
    for page in pages:
        page.goto(f"{program.url}/", wait_until="commit")
    for page in pages:
        expect(page.locator("#state")).to_have_text("有効です")
    spent = [entry for entry in provider.refresh.values() if entry]
    assert len(spent) == provider.refreshes  # no refresh token was used twice
    pages[0].locator("#sign-out button").click()
    expect(pages[0].locator("#signed-out")).to_be_visible()
    for page in pages[1:]:
        expect(page.locator("#signed-out")).to_be_visible()


def test_without_a_network_the_last_card_counts_for_a_day(
    phone: BrowserContext, program: Program, provider: ScriptedProvider
) -> None:
    page, _ = page_of(phone)
    open_card(page, program)
    # Not `wait_for_function`: it evaluates text in the page, which its policy forbids.
    page.evaluate(
        """new Promise(done => navigator.serviceWorker.controller ? done()
           : navigator.serviceWorker.addEventListener('controllerchange', () => done()))"""
    )
    program.stop()
    provider.out_of_order = True
    page.reload()
    expect(page.locator("#state")).to_have_text("確認できません")
    expect(page.locator("#confirmed-at")).to_contain_text("最終確認：")
    expect(page.locator("#holder")).to_have_text("見本　花子")
    expect(page.locator("#code")).to_be_hidden()
    look(page, "offline")
    page.clock.install()
    page.clock.fast_forward(25 * 3600 * 1000)
    page.reload()
    expect(page.locator("#unavailable")).to_be_visible()
    assert "見本" not in page.locator("body").inner_text()
    look(page, "too-old")
    provider.out_of_order = False
    program.start()
    page.reload()
    expect(page.locator("#state")).to_have_text("有効です")


def test_the_card_follows_a_moved_clock(
    phone: BrowserContext, program: Program, provider: ScriptedProvider
) -> None:
    ten_years = 10 * 365 * 86400
    program.clock_file.write_text(str(ten_years))
    provider.offset = ten_years
    page, errors = page_of(phone)
    code = open_card(page, program)
    assert valid(program, code)
    year = int(page.evaluate("new Date(Date.now() + 10 * 365 * 864e5 + 324e5).getUTCFullYear()"))
    shown = page.locator("#valid-until").inner_text()
    assert shown in {f"{year}年3月31日", f"{year + 1}年3月31日"}
    assert errors == []


def test_the_code_changes_and_the_old_one_ends(
    phone: BrowserContext, program: Program, provider: ScriptedProvider
) -> None:
    page, _ = page_of(phone)
    first = open_card(page, program)
    provider.offset = 61
    program.clock_file.write_text("61")
    page.locator("#refresh").click()
    expect(page.locator("#code-text")).not_to_have_attribute("data-code", first)
    assert not valid(program, first)
    assert valid(program, page.locator("#code-text").get_attribute("data-code"))


def test_rules_of_dates(phone: BrowserContext, program: Program) -> None:
    page, _ = page_of(phone)
    page.goto(f"{program.url}/healthz")
    results = page.evaluate(
        """async () => {
          const { validUntil, mayShowUnconfirmed } = await import('/static/app/validity.js');
          const at = (text) => Date.parse(text);
          const card = { validUntil: '2027-03-31', confirmedAt: at('2027-03-31T14:00:00Z') };
          return [
            validUntil(at('2027-03-31T14:59:59Z')), validUntil(at('2027-03-31T15:00:00Z')),
            validUntil(at('2026-12-31T00:00:00Z'), '2026-07-30'),
            validUntil(at('2026-04-01T00:00:00Z'), '2030-01-01'),
            validUntil(at('2026-04-01T00:00:00Z'), 'soon'),
            mayShowUnconfirmed(card, at('2027-03-31T14:59:59Z')),
            mayShowUnconfirmed(card, at('2027-03-31T15:00:00Z')),
            mayShowUnconfirmed({ ...card, validUntil: '2028-03-31' }, at('2027-04-01T14:00:00Z')),
            mayShowUnconfirmed({ ...card, validUntil: '2028-03-31' }, at('2027-04-01T14:00:01Z')),
            mayShowUnconfirmed(card, at('2027-03-31T13:00:00Z')),
          ];
        }"""
    )
    assert results[:5] == ["2027-03-31", "2028-03-31", "2026-07-29", "2027-03-31", "2027-03-31"]
    assert results[5:] == [True, False, True, False, False]


def test_the_check_page_for_people(
    browser: Browser, phone: BrowserContext, program: Program
) -> None:
    page, _ = page_of(phone)
    code = open_card(page, program)
    context = browser.new_context(**PHONE, java_script_enabled=False)
    other = context.new_page()
    other.goto(f"{program.url}/check?c={code}")
    expect(other.locator("#result")).to_have_text("有効な組合員証です")
    context.close()
    page.goto(f"{program.url}/check?c={code}")
    look(page, "check-valid")
    page.goto(f"{program.url}/check?c=0000&lang=en")
    expect(page.locator("#result")).to_have_text("Not valid")
    look(page, "check-not-valid")
    page.locator("#c").fill(code)
    page.locator("#check button").click()
    expect(page.locator("#result")).to_have_text("This membership card is valid")


def test_a_logout_token_with_a_reason_is_enough(
    phone: BrowserContext, program: Program, provider: ScriptedProvider
) -> None:
    page, _ = page_of(phone)
    open_card(page, program)
    token = provider.logout_token(events={EVENT: {"reason": "blocked"}})
    requests.post(f"{program.url}/backchannel-logout", {"logout_token": token}, timeout=5)
    provider.out_of_order = True
    page.reload()
    expect(page.locator("#ended-blocked")).to_be_visible()
