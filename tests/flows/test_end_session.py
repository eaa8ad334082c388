"""RP-initiated logout: who may sign a member out without asking, and where it may lead."""

from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.flows.journey import signed_in, silently, title_of, tokens_for
from tests.support.demo import Demo
from tests.support.parties import FOREIGN_KEY, forward, party
from tests.support.relying_party import Browser, answer_of, claims_of, hidden_fields

BYE = "https://desk.mihon.example/bye"


def end(browser: Browser, **sent: str) -> requests.Response:
    return browser.get("/end_session?" + urlencode(sent))


def hint(demo: Demo, browser: Browser, name: str = "desk") -> str:
    return str(tokens_for(browser, party(demo, name), scope="openid")["id_token"])


def is_out(demo: Demo, browser: Browser) -> bool:
    return silently(browser, party(demo, "desk")).get("error") == "login_required"


def asks(response: requests.Response) -> bool:
    return response.status_code == 200 and 'id="sign-out"' in response.text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_genuine_hint_signs_out_and_leads_back_with_state(demo: Demo, method: str) -> None:
    """Rows 103, 107: RPLogout 2."""
    browser = signed_in(demo)
    sent = {
        "id_token_hint": hint(demo, browser),
        "post_logout_redirect_uri": BYE,
        "state": "s p+ä&",
    }
    done = end(browser, **sent) if method == "GET" else browser.post("/end_session", sent)
    assert done.status_code == 303
    assert done.headers["Location"].startswith(BYE + "?")
    assert answer_of(done) == {"state": "s p+ä&"}
    assert is_out(demo, browser)


def test_without_state_the_address_is_the_registered_one_exactly(demo: Demo) -> None:
    """Row 103: RPLogout 2."""
    browser = signed_in(demo)
    done = end(browser, id_token_hint=hint(demo, browser), post_logout_redirect_uri=BYE)
    assert done.headers["Location"] == BYE


def test_a_hint_without_an_address_ends_on_our_own_page(demo: Demo) -> None:
    """Row 106: RPLogout 2."""
    browser = signed_in(demo)
    done = end(browser, id_token_hint=hint(demo, browser))
    assert done.headers["Location"] == "/signed-out"
    assert title_of(browser.follow(done)) == "ログアウトしました"
    assert is_out(demo, browser)


def test_an_expired_hint_is_still_genuine(demo: Demo) -> None:
    """Row 106: RPLogout 2."""
    browser = signed_in(demo)
    old = hint(demo, browser)
    forward(demo, 3000)
    done = end(browser, id_token_hint=old, post_logout_redirect_uri=BYE)
    assert done.headers["Location"] == BYE
    assert is_out(demo, browser)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "https://desk.mihon.example/bye/",
        BYE + "?more=1",
        BYE + "#x",
        "https://desk.mihon.example/bye/../x",
        "https://desk.mihon.example@evil.example/bye",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "https://shop.mihon.example/bye",
        "HTTPS://desk.mihon.example/bye",
        "https://desk.mihon.example/callback",
    ],
)
def test_a_foreign_address_is_never_gone_to(demo: Demo, address: str) -> None:
    """Row 104: RPLogout 3."""
    browser = signed_in(demo)
    sent = {"id_token_hint": hint(demo, browser), "post_logout_redirect_uri": address}
    done = end(browser, **sent, state="x")
    assert done.headers["Location"] == "/signed-out"
    assert is_out(demo, browser)


def forged(demo: Demo, genuine: str) -> dict[str, str]:
    """Give tokens that look like a hint and are none."""
    head, body, signature = genuine.split(".")
    claims = claims_of(genuine)
    public = requests.get(demo.issuer + "/jwks", timeout=30).json()["keys"][0]
    text = str(public.get("n") or public.get("x")).encode()
    none = "eyJhbGciOiJub25lIn0"
    other_kid: dict[str, Any] = {"alg": "ES256", "kid": public["kid"]}
    return {
        "none": f"{none}.{body}.",
        "none with signature": f"{none}.{body}.{signature}",
        "changed": f"{head}.{body[:-4]}AAAA.{signature}",
        "cut": f"{head}.{body}.{signature[:-8]}",
        "no signature": f"{head}.{body}.",
        "foreign key": jwt.encode({"alg": "ES256"}, claims, FOREIGN_KEY),
        "foreign key, our kid": jwt.encode(other_kid, claims, FOREIGN_KEY),
        "hmac with the public key": jwt.encode(
            {"alg": "HS256", "kid": public["kid"]}, claims, OctKey.import_key(text)
        ),
        "not a token": "x.y.z",
        "empty parts": "..",
        "large": "e30." * 50,
    }


FORGERIES = (
    "none",
    "none with signature",
    "changed",
    "cut",
    "no signature",
    "foreign key",
    "foreign key, our kid",
    "hmac with the public key",
    "not a token",
    "empty parts",
    "large",
)


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_hint_signs_nobody_out_and_leads_nowhere(demo: Demo, kind: str) -> None:
    """Row 105: RPLogout 2."""
    browser = signed_in(demo)
    sent = forged(demo, hint(demo, browser))[kind]
    page = end(browser, id_token_hint=sent, post_logout_redirect_uri=BYE)
    assert asks(page)
    assert not is_out(demo, browser)
    stranger = end(Browser(demo.issuer), id_token_hint=sent, post_logout_redirect_uri=BYE)
    assert stranger.headers["Location"] == "/signed-out"


def test_an_access_token_or_another_kind_of_token_is_no_hint(demo: Demo) -> None:
    """Row 105: RPLogout 2."""
    browser = signed_in(demo)
    tokens = tokens_for(browser, party(demo, "desk"), scope="openid")
    assert asks(end(browser, id_token_hint=tokens["access_token"]))
    assert not is_out(demo, browser)


def test_a_hint_of_another_client_than_the_named_one_is_none(demo: Demo) -> None:
    """Row 106: RPLogout 2."""
    browser = signed_in(demo)
    genuine = hint(demo, browser)
    assert asks(end(browser, id_token_hint=genuine, client_id="shop"))
    assert not is_out(demo, browser)
    done = end(browser, id_token_hint=genuine, client_id="desk", post_logout_redirect_uri=BYE)
    assert done.headers["Location"] == BYE


def test_a_hint_of_somebody_elses_session_asks_first(demo: Demo) -> None:
    """Row 105: RPLogout 2."""
    mine, others = signed_in(demo), signed_in(demo, 1)
    assert asks(end(mine, id_token_hint=hint(demo, others), post_logout_redirect_uri=BYE))
    assert not is_out(demo, mine)
    assert not is_out(demo, others)


@pytest.mark.parametrize(
    "sent", [{}, {"state": "x"}, {"post_logout_redirect_uri": BYE}, {"client_id": "desk"}]
)
def test_without_a_hint_the_member_is_asked_and_then_stays_here(
    demo: Demo, sent: dict[str, str]
) -> None:
    """Rows 105, 106: RPLogout 2."""
    browser = signed_in(demo)
    page = end(browser, **sent)
    assert asks(page)
    assert not is_out(demo, browser), "a link elsewhere must not sign people out"
    done = browser.post("/sign-out", hidden_fields(page.text))
    assert done.headers["Location"] == "/signed-out"
    assert is_out(demo, browser)


def test_without_session_and_hint_there_is_nothing_to_ask(demo: Demo) -> None:
    """Row 106: RPLogout 2."""
    done = end(Browser(demo.issuer), post_logout_redirect_uri=BYE, state="x")
    assert done.headers["Location"] == "/signed-out"


def test_a_hint_ends_the_session_it_names_from_any_browser(demo: Demo) -> None:
    browser = signed_in(demo)
    done = end(
        Browser(demo.issuer), id_token_hint=hint(demo, browser), post_logout_redirect_uri=BYE
    )
    assert done.headers["Location"] == BYE
    assert is_out(demo, browser)
