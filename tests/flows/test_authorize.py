"""The authorization endpoint: what a request may say, and how each refusal comes back."""

import pytest

from tests.flows.journey import (
    asked,
    code_for,
    signed_in,
    signs_in_again,
    silently,
    title_of,
    tokens_for,
    verified,
)
from tests.support.demo import Demo
from tests.support.parties import forward, now, party
from tests.support.relying_party import Browser, Pkce, answer_of, claims_of


def test_prompt_none_without_a_session_says_login_required(demo: Demo) -> None:
    """Row 18: Core 3.1.2.1."""
    answer = silently(Browser(demo.issuer), party(demo, "desk"), state="s1")
    assert answer == {"error": "login_required", "state": "s1", "iss": demo.issuer}


def test_prompt_none_with_a_session_is_silent_and_keeps_sub_and_auth_time(demo: Demo) -> None:
    """Row 19: Core 3.1.2.3."""
    browser, desk = signed_in(demo), party(demo, "desk")
    first = claims_of(tokens_for(browser, desk)["id_token"])
    second = claims_of(tokens_for(browser, desk, prompt="none")["id_token"])
    assert (first["sub"], first["auth_time"]) == (second["sub"], second["auth_time"])
    assert first["sid"] == second["sid"]


def test_prompt_none_without_consent_says_consent_required(demo: Demo) -> None:
    """Row 18: Core 3.1.2.1."""
    answer = silently(signed_in(demo, 1), party(demo, "shop"), scope="openid phone")
    assert answer["error"] == "consent_required"


@pytest.mark.parametrize("prompt", ["none login", "login none", "none consent", "surprise"])
def test_prompt_none_beside_another_and_unknown_prompts_are_refused(
    demo: Demo, prompt: str
) -> None:
    """Row 20: Core 3.1.2.1."""
    assert silently(Browser(demo.issuer), party(demo, "desk"), prompt=prompt)["error"] == (
        "invalid_request"
    )


@pytest.mark.parametrize("prompt", ["login", "select_account"])
def test_prompt_login_asks_again_although_there_is_a_session(demo: Demo, prompt: str) -> None:
    """Row 21: Core 3.1.2.1."""
    browser, desk, member = signed_in(demo), party(demo, "desk"), demo.member()
    before = claims_of(tokens_for(browser, desk)["id_token"])
    forward(demo, 2)
    pkce = Pkce()
    page = browser.authorize(**desk.request(pkce, prompt=prompt))
    assert signs_in_again(page)
    page = browser.follow(browser.sign_in(member["email"], member["password"], page))
    after = claims_of(desk.exchange(answer_of(page)["code"], pkce).json()["id_token"])
    assert after["auth_time"] > before["auth_time"]
    assert after["sid"] == before["sid"], "a renewed session keeps its sid, so logouts reach all"


def test_prompt_login_cannot_be_skipped_by_calling_the_next_step(demo: Demo) -> None:
    """Row 21: Core 3.1.2.1."""
    browser, desk = signed_in(demo), party(demo, "desk")
    forward(demo, 1)
    page = browser.authorize(**desk.request(Pkce(), prompt="login"))
    handle = page.text.split('name="request" value="')[1].split('"')[0]
    again = browser.follow(browser.get(f"/authorize/continue?request={handle}"))
    assert signs_in_again(again)


def test_max_age_asks_again_when_the_sign_in_is_older(demo: Demo) -> None:
    """Row 23: Core 3.1.2.1."""
    browser, desk = signed_in(demo), party(demo, "desk")
    assert "code" in silently(browser, desk, max_age="1000")
    forward(demo, 5)
    assert silently(browser, desk, max_age="1")["error"] == "login_required"
    assert silently(browser, desk, max_age="0")["error"] == "login_required"
    assert signs_in_again(browser.authorize(**desk.request(Pkce(), max_age="1")))
    assert "code" in silently(browser, desk, max_age="10000")


@pytest.mark.parametrize("max_age", ["-1", "1.5", "soon", "٣", "9" * 40])
def test_a_max_age_that_is_no_number_is_refused(demo: Demo, max_age: str) -> None:
    """Row 23: Core 3.1.2.1."""
    answer = silently(Browser(demo.issuer), party(demo, "desk"), max_age=max_age)
    assert answer["error"] == "invalid_request"


def test_a_nonce_comes_back_unchanged_and_none_comes_back_as_none(demo: Demo) -> None:
    """Row 17: Core 3.1.2.1."""
    browser, desk = signed_in(demo), party(demo, "desk")
    odd = "n-/?&=% +日本"
    assert claims_of(tokens_for(browser, desk, nonce=odd)["id_token"])["nonce"] == odd
    assert "nonce" not in claims_of(tokens_for(browser, desk, nonce="")["id_token"])


@pytest.mark.parametrize("state", ["a b+c%20&=#?/", "状態", "x" * 4000, "<script>", '"\\'])
def test_state_comes_back_unchanged_in_success_and_in_error(demo: Demo, state: str) -> None:
    """Row 12: RFC 6749 4.1.2."""
    browser, desk = signed_in(demo), party(demo, "desk")
    good = silently(browser, desk, state=state)
    bad = silently(Browser(demo.issuer), desk, state=state)
    assert (good["state"], bad["state"]) == (state, state)
    assert (good["iss"], bad["iss"]) == (demo.issuer, demo.issuer)


def test_no_state_in_means_no_state_out(demo: Demo) -> None:
    """Row 12: RFC 6749 4.1.2."""
    assert "state" not in answer_of(
        asked(signed_in(demo), party(demo, "desk"), "state", prompt="none")
    )


def test_unknown_and_voluntary_parameters_are_ignored(demo: Demo) -> None:
    """Rows 2, 25: RFC 6749 3.1; Core 3.1.2.1."""
    more = {
        "surprise": "1",
        "display": "popup",
        "ui_locales": "xx-YY",
        "claims_locales": "zz",
        "acr_values": "urn:nobody:knows",
        "login_hint": "somebody@mihon.example",
        "audience": "x",
        "resource": "urn:x",
    }
    assert "code" in silently(signed_in(demo), party(demo, "desk"), **more)


def test_an_id_token_hint_of_the_same_member_is_silent_and_of_another_never_answers(
    demo: Demo,
) -> None:
    """Row 24: Core 3.1.2.1."""
    mine, others, desk = signed_in(demo), signed_in(demo, 1), party(demo, "desk")
    mine_hint = tokens_for(mine, desk)["id_token"]
    other_hint = tokens_for(others, desk)["id_token"]
    assert "code" in silently(mine, desk, id_token_hint=mine_hint)
    assert silently(mine, desk, id_token_hint=other_hint)["error"] == "login_required"
    forward(demo, 400)
    assert "code" in silently(mine, desk, id_token_hint=mine_hint), "an expired hint is tolerated"
    assert silently(mine, desk, id_token_hint="not.a.token")["error"] == "invalid_request"


def test_a_sign_in_as_another_than_the_hint_names_gives_no_code(demo: Demo) -> None:
    """Rows 24, 28: Core 3.1.2.1; Core 3.1.2.2."""
    desk, hinted = party(demo, "desk"), signed_in(demo, 1)
    hint, member = tokens_for(hinted, desk)["id_token"], demo.member()
    browser = Browser(demo.issuer)
    page = browser.authorize(**desk.request(Pkce(), id_token_hint=hint))
    assert signs_in_again(page)
    page = browser.follow(browser.sign_in(member["email"], member["password"], page))
    assert "code=" not in page.headers.get("Location", "")


def test_the_login_hint_fills_the_form_and_the_locale_chooses_the_language(demo: Demo) -> None:
    """Row 25: Core 3.1.2.1."""
    page = Browser(demo.issuer).authorize(
        **party(demo, "desk").request(Pkce(), login_hint="taro@mihon.example", ui_locales="en")
    )
    assert 'value="taro@mihon.example"' in page.text
    assert "Sample desk" in page.text


def test_an_authorization_request_may_be_posted_by_another_site(demo: Demo) -> None:
    """Row 1: Core 3.1.2.1."""
    browser, desk, member = Browser(demo.issuer), party(demo, "desk"), demo.member()
    pkce = Pkce()
    first = browser.post(
        "/authorize", desk.request(pkce), headers={"Origin": "https://desk.mihon.example"}
    )
    assert first.status_code == 303
    page = browser.follow(first)
    assert signs_in_again(page)
    page = browser.follow(browser.sign_in(member["email"], member["password"], page))
    assert desk.exchange(answer_of(page)["code"], pkce).status_code == 200


@pytest.mark.parametrize(
    "scope", ["openid profile email", "email profile openid", "profile  openid email openid"]
)
def test_the_order_of_scopes_does_not_matter(demo: Demo, scope: str) -> None:
    """Row 16: RFC 6749 3.3."""
    tokens = tokens_for(signed_in(demo), party(demo, "desk"), scope=scope)
    assert set(tokens["scope"].split()) == {"openid", "profile", "email"}
    assert "id_token" in tokens


def test_without_openid_it_is_plain_oauth(demo: Demo) -> None:
    """Rows 15, 82: Core 3.1.2.1; Core 5.3.3."""
    desk = party(demo, "desk")
    tokens = tokens_for(signed_in(demo), desk, scope="profile")
    assert "id_token" not in tokens
    refused = desk.userinfo(tokens["access_token"])
    assert refused.status_code == 403
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://desk.mihon.example/r"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"nonce": "n" * 1025}, "invalid_request"),
    ],
)
def test_every_refusal_goes_to_the_client_with_state_and_issuer(
    demo: Demo, changed: dict[str, str], error: str
) -> None:
    """Rows 5, 13, 30: RFC 6749 3.1.1; RFC 6749 4.1.2.1; Core 3.1.2.6."""
    desk = party(demo, "desk")
    sent = desk.request(Pkce(), state="kept") | changed
    response = Browser(demo.issuer).authorize(**sent)
    assert response.status_code == 303
    assert response.headers["Location"].startswith(desk.redirect_uri + "?")
    assert answer_of(response) == {"error": error, "state": "kept", "iss": demo.issuer}


@pytest.mark.parametrize("missing", ["response_type", "scope", "code_challenge"])
def test_a_missing_parameter_is_told_to_the_client(demo: Demo, missing: str) -> None:
    """Row 4: RFC 6749 3.1.1."""
    answer = answer_of(asked(Browser(demo.issuer), party(demo, "desk"), missing, state="kept"))
    assert answer["error"] in ("invalid_request", "invalid_scope")
    assert (answer["state"], answer["iss"]) == ("kept", demo.issuer)


def test_a_query_of_the_registered_uri_is_kept(demo: Demo) -> None:
    """Rows 8, 13: Core 3.1.2.1; RFC 6749 4.1.2.1."""
    phone = party(demo, "phone", "https://phone.mihon.example/callback?kept=1")
    answer = silently(Browser(demo.issuer), phone)
    assert (answer["kept"], answer["error"]) == ("1", "login_required")


def test_a_code_can_be_asked_for_once_per_request(demo: Demo) -> None:
    browser, desk = signed_in(demo), party(demo, "desk")
    first = browser.get("/authorize", params=desk.request(Pkce()))
    handle = first.headers["Location"]
    assert "code" in answer_of(browser.get(handle))
    again = browser.get(handle)
    assert again.status_code == 400
    assert "Location" not in again.headers
    assert title_of(again) == "ログインの受付が終わりました"


def test_a_request_ends_after_half_an_hour(demo: Demo) -> None:
    browser, desk, member = Browser(demo.issuer), party(demo, "desk"), demo.member()
    page = browser.authorize(**desk.request(Pkce()))
    forward(demo, 30 * 60)
    late = browser.sign_in(member["email"], member["password"], page)
    assert (late.status_code, title_of(late)) == (400, "ログインの受付が終わりました")


def test_the_id_token_says_what_is_true(demo: Demo) -> None:
    """Rows 26, 71, 76: Core 3.1.2.1; Core 2."""
    browser = signed_in(demo)
    for name, alg in (("desk", "RS256"), ("card", "ES256")):
        client = party(demo, name)
        scope = "openid profile" if name == "card" else "openid email"
        tokens = tokens_for(browser, client, scope=scope)
        claims = verified(demo, tokens["id_token"])
        assert (claims["iss"], claims["aud"]) == (demo.issuer, name)
        assert claims["sub"].isascii()
        assert len(claims["sub"]) <= 255
        assert claims["iat"] <= now(demo) < claims["exp"] <= now(demo) + 300
        assert claims["auth_time"] <= claims["iat"]
        assert claims["amr"] == ["pwd"]
        assert "name" not in claims
        assert "email" not in claims
        assert alg in _header(tokens["id_token"])


def test_a_code_lives_a_minute(demo: Demo) -> None:
    """Row 60: RFC 6749 4.1.2."""
    browser, desk, pkce = signed_in(demo), party(demo, "desk"), Pkce()
    code = code_for(browser, desk, pkce)
    forward(demo, 61)
    late = desk.exchange(code, pkce)
    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")


def _header(token: str) -> str:
    import base64

    head = token.split(".", maxsplit=1)[0]
    return base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode()
