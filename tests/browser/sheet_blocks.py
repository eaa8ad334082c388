"""The mail about a block and the page of the weather, for the contact sheet."""

from __future__ import annotations

from playwright.sync_api import Browser

from idp.blocks.model import Block
from idp.blocks.words import advice_of, effect_of, numbers_of, rule_of
from idp.mails.blocks import as_html
from idp.mails.compose import compose
from idp.mails.model import Mail, MailKind
from idp.weather.model import Attack
from idp.web.organisation import Language
from tests.browser.sheet_walks import Take
from tests.browser.visitor import DESKTOP
from tests.web.block_stories import FIFTY, HUNDRED, NOW, OWN, STRANGERS
from tests.web.stories import ISSUER, ORGANISATION
from tests.web.test_charts import attack, page

MAILS = {"strangers": STRANGERS, "own": OWN, "fifty": FIFTY, "everyone": HUNDRED}
LANGUAGES: tuple[Language, ...] = ("ja", "en")


def block_pages(browser: Browser, take: Take) -> None:
    """Take the mail about each kind of block, and the chart page with and without an attack."""
    context = browser.new_context(**DESKTOP)
    shown = context.new_page()
    for language in LANGUAGES:
        for state, block in MAILS.items():
            shown.set_content(_mail(block, language))
            take(shown, "mail", f"blocked-{state}", language)
        shown.set_content(page(language, *(attack(kind) for kind in Attack)))
        take(shown, "weather", "attacks", language)
        shown.set_content(page(language))
        take(shown, "weather", "calm", language)
    context.close()


def _mail(block: Block, language: Language) -> str:
    values = {
        "rule": rule_of(block),
        "effect": effect_of(block),
        "advice": advice_of(block),
        "reference": block.reference,
        "name": "見本　花子",
        **numbers_of(block),
    }
    if block.until is not None:
        values["until"] = block.until.isoformat()
    mail = Mail(MailKind.BLOCKED, "hanako@mihon.example", language, values, "s")
    written = compose(mail, NOW, ISSUER, ORGANISATION)
    return as_html(written.blocks, language, written.subject)
