"""The key that the card's tokens are bound to (RFC 9449), in real Chromium."""

import pytest
from card_browser import look, open_card, page_of, stored
from card_program import Program
from card_provider import ScriptedProvider
from joserfc.jwk import ECKey
from playwright.sync_api import BrowserContext, expect


def test_all_tokens_are_bound_to_a_key_no_script_can_read(
    phone: BrowserContext, program: Program, provider: ScriptedProvider
) -> None:
    """Row 91: RFC 9449; the key is kept for the next start, and goes with the session."""
    page, _ = page_of(phone)
    open_card(page, program)
    kept = """() => new Promise((resolve) => {
      indexedDB.open('kumiai-card', 1).onsuccess = ({ target }) => {
        const asked = target.result.transaction('values').objectStore('values').get('session');
        asked.onsuccess = async () => {
          target.result.close();
          const { privateKey, publicKey } = asked.result.key.pair;
          const told = await crypto.subtle.exportKey('jwk', privateKey).catch(() => null);
          resolve([privateKey.extractable, told, await crypto.subtle.exportKey('jwk', publicKey)]);
        };
      };
    })"""
    extractable, told, public = page.evaluate(kept)
    assert (extractable, told) == (False, None)
    assert set(provider.keys_of.values()) == {ECKey.import_key(public).thumbprint()}
    assert provider.authorizations[0]["dpop_jkt"] == ECKey.import_key(public).thumbprint()
    page.reload()
    expect(page.locator("#state")).to_have_text("有効です")
    assert provider.refreshes == 1
    assert page.evaluate(kept)[2] == public
    page.locator("#sign-out button").click()
    expect(page.locator("#signed-out")).to_be_visible()
    assert "session" not in stored(page)


def test_a_provider_that_wants_nonces_gets_them(
    phone: BrowserContext, program: Program, provider: ScriptedProvider
) -> None:
    """Row 93: RFC 9449 8, 9."""
    provider.nonce = "first"
    page, _ = page_of(phone)
    open_card(page, program)
    provider.nonce = "second"
    page.reload()
    expect(page.locator("#state")).to_have_text("有効です")


@pytest.mark.parametrize(
    "broken",
    [
        "crypto.subtle.generateKey = () => Promise.reject(new Error('no keys'))",
        "const put = IDBObjectStore.prototype.put; IDBObjectStore.prototype.put = function (value,"
        " name) { if (value && value.key) throw new DOMException('no', 'DataCloneError');"
        " return put.call(this, value, name); }",
        "const put = IDBObjectStore.prototype.put; IDBObjectStore.prototype.put = function (value,"
        " name) { if (value && value.key) value = { ...value, key: {} };"
        " return put.call(this, value, name); }",
    ],
    ids=["cannot make", "cannot keep", "loses"],
)
def test_a_browser_that_cannot_keep_a_key_is_told_so(
    phone: BrowserContext, program: Program, provider: ScriptedProvider, broken: str
) -> None:
    page, _ = page_of(phone)
    page.add_init_script(broken)
    page.goto(f"{program.url}/")
    expect(page.locator("#no-keys")).to_be_visible()
    expect(page.locator("#portal")).to_be_visible()
    assert provider.authorizations == []
    look(page, "no-keys")
