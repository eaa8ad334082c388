"""FAQ: stopping the service by oneself; it ends everywhere at once, the membership stays."""

from __future__ import annotations

import json

from tests.flows.journey import tokens_for
from tests.selfservice.house import PASSWORD, House, Person, post_form, title_of
from tests.support.demo import wait_until
from tests.support.parties import party
from tests.support.relying_party import Browser

PAGE = "/account/stop"


def test_it_ends_everything_in_both_applications(house: House, person: Person) -> None:
    browser, other = house.signed_in(person), house.signed_in(person)
    desk, card = party(house.demo, "desk"), party(house.demo, "card")
    tokens, shown_on_phone = (
        tokens_for(other, desk),
        tokens_for(other, card, scope="openid profile offline_access"),
    )
    assert person.number in visit(browser, house), "the portal is open"
    shown = browser.get(PAGE).text
    for words in (
        "マイページ",
        "デジタル組合員証",
        "組合員であることは変わりません",
        "登録のご案内",
    ):
        assert words in shown
    done = post_form(browser, PAGE, "stop-service", {})
    assert (done.status_code, done.headers["Location"]) == (303, f"{PAGE}/done")
    page = browser.get(f"{PAGE}/done")
    assert title_of(page) == "サービスのご利用を止めました"
    assert "アンインストール" in page.text
    for one in (browser, other):
        assert one.get("/account").status_code == 303
    refused = desk.refresh(tokens["refresh_token"]).json()
    assert refused["error_description"] == "service_stopped"
    assert desk.userinfo(tokens["access_token"]).status_code == 401
    late = card.refresh(shown_on_phone["refresh_token"]).json()
    assert late["error_description"] == "service_stopped", "the card learns why"
    portal = house.demo.facts["portal"]
    assert wait_until(lambda: person.number not in browser.get(portal + "/").text, 10)
    again = Browser(house.demo.issuer).sign_in(person.email, PASSWORD)
    assert again.status_code == 403, "the right password earns the reason"
    mail = house.mail_to(person.email)
    assert "停止" in mail["subject"] or "止め" in mail["text"]
    told = house.demo.idp("member", "show", person.number, "--format", "json").stdout
    assert json.loads(told)["standing"] == "member", "the membership stays"


def test_the_co_op_can_bring_it_back(house: House, person: Person) -> None:
    post_form(house.signed_in(person), PAGE, "stop-service", {})
    restored = house.demo.idp("account", "restore", person.number, "--reason", "asked by telephone")
    assert restored.returncode == 0, restored.stderr
    assert house.can_sign_in(person.email, PASSWORD)


def test_links_stop_nothing(house: House, person: Person) -> None:
    browser = house.signed_in(person)
    for _ in range(3):
        assert browser.get(PAGE).status_code == 200
        assert browser.get(f"{PAGE}/done").status_code == 200
    assert browser.get("/account").status_code == 200


def visit(browser: Browser, house: House) -> str:
    """Open the portal with the provider's session in the same browser; answers its first page."""
    portal = house.demo.facts["portal"]
    browser.http.get(portal + "/sign-in", timeout=30)
    return browser.http.get(portal + "/", timeout=30).text
