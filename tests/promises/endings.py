"""How people notice that their use has ended: in the portal, on the card, at the provider."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.demo import Demo, wait_until

TOLD_WITHIN = 20  # seconds; the applications are told within 5, on a machine with nothing else


def portal_says_it_is_over(page: Page, demo: Demo, reason: str) -> None:
    """Open a page of the portal until it says why it is over, which it does once."""

    def is_over() -> bool:
        page.goto(f"{demo.facts['portal']}/me")
        return page.locator("#ended").count() == 1

    wait_until(is_over, TOLD_WITHIN)
    expect(page.locator("#ended")).to_have_attribute("data-reason", reason)


def card_says_it_is_over(page: Page, reason: str) -> None:
    """See the open card find out by itself, say why, and ask to be uninstalled."""
    expect(page.locator(f"#ended-{reason}")).to_be_visible(timeout=TOLD_WITHIN * 1000)
    assert page.locator("#code-text").count() == 0
    assert "アンインストールをお願いします" in page.inner_text("main")


def provider_asks_who_it_is(page: Page, demo: Demo) -> None:
    """See that the session is gone at the provider too."""
    page.goto(f"{demo.issuer}/account")
    expect(page.locator("form#sign-in")).to_be_visible()
