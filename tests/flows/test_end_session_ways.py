"""Where a sign-out may lead when no hint proves who asks: after a yes, and where registered."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
import requests

from tests.flows.journey import signed_in, silently, tokens_for
from tests.support.demo import Demo
from tests.support.parties import forward, party
from tests.support.relying_party import Browser, answer_of, hidden_fields

BYE = "https://desk.mihon.example/bye"
SHOP_BYE = "https://shop.mihon.example/bye"


def end(browser: Browser, method: str = "GET", **sent: str) -> requests.Response:
    if method == "POST":
        return browser.post("/end_session", sent)
    return browser.get("/end_session?" + urlencode(sent))


def hint(demo: Demo, browser: Browser, name: str = "desk") -> str:
    return str(tokens_for(browser, party(demo, name), scope="openid")["id_token"])


def is_out(demo: Demo, browser: Browser) -> bool:
    return silently(browser, party(demo, "desk")).get("error") == "login_required"


def asks(page: requests.Response) -> bool:
    return page.status_code == 200 and 'id="sign-out"' in page.text


def says_yes(browser: Browser, page: requests.Response, **changed: str) -> requests.Response:
    return browser.post("/sign-out", hidden_fields(page.text) | changed)


@pytest.mark.parametrize("state", [None, "s p+ä&\r\n\"'", "<b>"])
def test_a_named_client_gets_the_browser_back_after_a_yes(demo: Demo, state: str | None) -> None:
    """Rows 103, 105: RP-Initiated Logout 2, 3: the member confirms, the address is registered."""
    browser = signed_in(demo)
    more = {"state": state} if state else {}
    page = end(browser, client_id="desk", post_logout_redirect_uri=BYE, **more)
    assert asks(page)
    assert "みほんdesk" in page.text
    assert (
        "form-action 'self' https://desk.mihon.example;"
        in (page.headers["Content-Security-Policy"])
    )
    assert not is_out(demo, browser), "nothing has happened before the yes"
    done = says_yes(browser, page)
    assert done.status_code == 303
    assert done.headers["Location"].split("?")[0] == BYE
    assert (answer_of(done) if state else {}) == more
    assert is_out(demo, browser)


@pytest.mark.parametrize(
    "sent",
    [
        {"client_id": "desk", "post_logout_redirect_uri": BYE + "?x=1"},
        {"client_id": "desk", "post_logout_redirect_uri": BYE + "/"},
        {"client_id": "desk", "post_logout_redirect_uri": SHOP_BYE},
        {"client_id": "desk", "post_logout_redirect_uri": "https://evil.example/"},
        {"client_id": "nobody", "post_logout_redirect_uri": BYE},
        {"client_id": "desk"},
        {"post_logout_redirect_uri": BYE},
        {"client_id": "desk", "post_logout_redirect_uri": BYE, "id_token_hint": "a.b.c"},
        {"logout_hint": "somebody", "state": "x"},
    ],
)
def test_nothing_else_leads_away_even_after_a_yes(demo: Demo, sent: dict[str, str]) -> None:
    """Rows 104, 105, 106: no open redirect, and nothing helps a hint that is not genuine."""
    browser = signed_in(demo)
    page = end(browser, **sent)
    assert asks(page)
    assert "evil" not in page.text
    assert says_yes(browser, page).headers["Location"] == "/signed-out"
    assert is_out(demo, browser)


def test_the_form_itself_cannot_be_turned_into_an_open_redirect(demo: Demo) -> None:
    """Row 33: what comes back with the yes is checked again."""
    browser = signed_in(demo)
    page = end(browser, client_id="desk", post_logout_redirect_uri=BYE)
    done = says_yes(browser, page, post_logout_redirect_uri="https://evil.example/")
    assert done.headers["Location"] == "/signed-out"


def test_a_yes_needs_the_form_of_this_browser(demo: Demo) -> None:
    """Row 32: forged sign-outs."""
    browser, other = signed_in(demo), signed_in(demo, 1)
    fields = hidden_fields(end(other, client_id="desk", post_logout_redirect_uri=BYE).text)
    assert browser.post("/sign-out", fields).status_code == 403
    assert not is_out(demo, browser)
    stranger = Browser(demo.issuer).post("/sign-out", fields)
    assert stranger.headers["Location"] == "/signed-out", "no session: nothing was confirmed"


def test_somebody_elses_genuine_hint_leads_back_only_after_a_yes(demo: Demo) -> None:
    """Row 105."""
    mine, others = signed_in(demo), signed_in(demo, 1)
    page = end(mine, id_token_hint=hint(demo, others), post_logout_redirect_uri=BYE, state="s")
    assert asks(page)
    assert says_yes(mine, page).headers["Location"] == BYE + "?state=s"
    assert is_out(demo, mine)
    assert not is_out(demo, others)


def test_a_hint_of_one_client_leads_to_none_of_anothers_addresses(demo: Demo) -> None:
    """Rows 104, 106: the audience of the hint decides; client_id must be the same."""
    browser = signed_in(demo)
    genuine = hint(demo, browser)
    done = end(browser, id_token_hint=genuine, post_logout_redirect_uri=SHOP_BYE)
    assert done.headers["Location"] == "/signed-out"
    again = signed_in(demo)
    page = end(
        again,
        id_token_hint=hint(demo, again),
        client_id="shop",
        post_logout_redirect_uri=SHOP_BYE,
    )
    assert asks(page)
    assert says_yes(again, page).headers["Location"] == "/signed-out"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_get_and_post_do_the_same(demo: Demo, method: str) -> None:
    """Rows 102, 103, 106: an expired hint is accepted."""
    browser = signed_in(demo)
    genuine = hint(demo, browser)
    forward(demo, 301)
    sent = {"id_token_hint": genuine, "client_id": "desk", "post_logout_redirect_uri": BYE}
    done = end(browser, method, state="kept", ui_locales="en", logout_hint="x", **sent)
    assert done.headers["Location"] == BYE + "?state=kept"
    assert is_out(demo, browser)


def test_pages_of_a_sign_out_speak_the_language_asked_for(demo: Demo) -> None:
    """Row 106: ui_locales (RP-Initiated Logout 2)."""
    browser = signed_in(demo)
    page = end(browser, ui_locales="fr en")
    assert "Do you want to sign out?" in page.text
    done = browser.follow(says_yes(browser, page))
    assert "You are signed out" in done.text
    odd = end(Browser(demo.issuer), ui_locales="x\r\nSet-Cookie: a=b " * 20)
    assert (odd.status_code, odd.headers.get("Set-Cookie")) == (303, None)


def test_bad_input_is_a_page(demo: Demo) -> None:
    """Row 106: repeated parameters, NUL, a state beyond measure."""
    browser = signed_in(demo)
    for query in ("state=a&state=b", "client_id=a%00b", "state=%ff"):
        assert browser.get("/end_session?" + query).status_code == 400
    page = browser.post(
        "/end_session",
        {"client_id": "desk", "post_logout_redirect_uri": BYE, "state": "s" * 5000},
    )
    assert says_yes(browser, page).headers["Location"] == BYE


def test_discovery_names_the_endpoint(demo: Demo) -> None:
    """Row 102: RP-Initiated Logout 2.1."""
    listed = requests.get(f"{demo.issuer}/.well-known/openid-configuration", timeout=30).json()
    assert listed["end_session_endpoint"] == f"{demo.issuer}/end_session"
