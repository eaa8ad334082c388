"""Browser sessions: a new cookie at every sign-in, and an end that reaches everything."""

import json
from typing import Any

import pytest

from tests.flows.journey import code_for, signed_in, signs_in_again, silently, tokens_for
from tests.support.demo import Demo, wait_until
from tests.support.parties import forward, party
from tests.support.relying_party import Browser, Pkce, claims_of, hidden_fields

SESSION, DEVICE = "kumiai_idp", "kumiai_idp_device"


def test_a_sign_in_leads_to_the_account_which_shows_the_number(demo: Demo) -> None:
    browser, member = signed_in(demo), demo.member()
    page = browser.get("/account")
    assert page.status_code == 200
    assert member["number"] in page.text
    assert browser.get("/sign-in").headers["Location"] == "/account"


def test_the_account_is_shown_to_nobody_who_is_not_signed_in(demo: Demo) -> None:
    browser = Browser(demo.issuer)
    page = browser.get("/account")
    assert page.status_code == 303
    assert "/sign-in" in page.headers["Location"]


def test_a_planted_session_cookie_is_worth_nothing_after_the_sign_in(demo: Demo) -> None:
    """Row 116: Core 16."""
    browser, member, planted = Browser(demo.issuer), demo.member(), "A" * 43
    browser.http.cookies.set(SESSION, planted, domain="127.0.0.1", path="/")
    browser.sign_in(member["email"], member["password"])
    assert browser.cookie(SESSION) != planted
    assert Browser(demo.issuer).get("/account", cookies={SESSION: planted}).status_code == 303


def test_the_cookie_changes_at_every_sign_in_and_the_old_one_dies(demo: Demo) -> None:
    """Row 116: Core 16."""
    browser, desk, member = signed_in(demo), party(demo, "desk"), demo.member()
    before = browser.cookie(SESSION)
    page = browser.authorize(**desk.request(Pkce(), prompt="login"))
    browser.sign_in(member["email"], member["password"], page)
    assert browser.cookie(SESSION) != before
    assert browser.get("/account").status_code == 200
    old = Browser(demo.issuer).get("/account", cookies={SESSION: str(before)})
    assert old.status_code == 303


def test_another_member_in_the_same_browser_ends_the_first_ones_session(demo: Demo) -> None:
    browser, desk, second = signed_in(demo), party(demo, "desk"), demo.member(index=1)
    first = tokens_for(browser, desk)
    page = browser.authorize(**desk.request(Pkce(), prompt="login"))
    browser.sign_in(second["email"], second["password"], page)
    assert second["number"] in browser.get("/account").text
    assert desk.refresh(first["refresh_token"]).status_code == 400
    assert desk.userinfo(first["access_token"]).status_code == 401


def test_signing_out_ends_the_session_its_codes_and_its_tokens(demo: Demo) -> None:
    """Rows 107, 110: RPLogout 2; BCLogout 2.1."""
    browser, desk = signed_in(demo), party(demo, "desk")
    tokens, pkce = tokens_for(browser, desk), Pkce()
    code = code_for(browser, desk, pkce)
    kept = browser.cookie(SESSION)
    page = browser.get("/sign-out")
    assert 'id="sign-out"' in page.text
    done = browser.follow(browser.post("/sign-out", hidden_fields(page.text)))
    assert "ログアウトしました" in done.text
    assert browser.cookie(SESSION) is None
    assert silently(browser, desk)["error"] == "login_required"
    assert Browser(demo.issuer).get("/account", cookies={SESSION: str(kept)}).status_code == 303
    assert desk.exchange(code, pkce).json()["error"] == "invalid_grant"
    refused = desk.refresh(tokens["refresh_token"]).json()
    assert refused == {"error": "invalid_grant", "error_description": "signed_out"}
    shown = desk.userinfo(tokens["access_token"])
    assert (shown.status_code, shown.json()["error_description"]) == (401, "signed_out")


def test_signing_out_twice_or_without_a_session_is_no_error(demo: Demo) -> None:
    browser = Browser(demo.issuer)
    assert browser.get("/sign-out").headers["Location"] == "/signed-out"
    assert browser.post("/sign-out", {}).headers["Location"] == "/signed-out"
    assert browser.get("/signed-out").status_code == 200


def test_the_members_other_browser_stays_signed_in(demo: Demo) -> None:
    one, two = signed_in(demo), signed_in(demo)
    one.post("/sign-out", hidden_fields(one.get("/sign-out").text))
    assert two.get("/account").status_code == 200


def test_a_session_ends_after_an_hour_without_use_and_after_half_a_day_in_any_case(
    demo: Demo,
) -> None:
    idle, busy = signed_in(demo), signed_in(demo, 1)
    forward(demo, 3599)
    assert busy.get("/account").status_code == 200
    forward(demo, 2)
    assert idle.get("/account").status_code == 303
    for _ in range(12):
        assert busy.get("/account").status_code == 200
        forward(demo, 3500)
    assert busy.get("/account").status_code == 303
    assert signs_in_again(busy.authorize(**party(demo, "desk").request(Pkce())))


@pytest.mark.parametrize("noted", [False, True], ids=["just over", "noted as over"])
def test_signing_out_on_a_page_left_open_over_night_ends_everything(
    demo: Demo, noted: bool
) -> None:
    """CWE-613: time alone spares an installed application; the button means it as well."""
    browser, desk = signed_in(demo, 2), party(demo, "desk")
    tokens = tokens_for(browser, desk)
    page, signed_out_page = browser.get("/account"), browser.get("/sign-out")
    assert page.status_code == 200
    forward(demo, 3601)
    assert desk.refresh(tokens["refresh_token"]).status_code == 200, "time alone does not end it"
    if noted:
        wait_until(lambda: "expired" in ends_of(demo, subject_of(tokens)), 45)
    assert browser.get("/account").status_code == 303
    assert 'id="sign-out"' in browser.get("/sign-out").text, "it is not signed out yet"
    done = browser.post("/sign-out", hidden_fields(signed_out_page.text))
    assert done.headers["Location"] == "/signed-out"
    refused = desk.refresh(tokens["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert "signed_out" in ends_of(demo, subject_of(tokens))
    again = browser.post("/sign-out", hidden_fields(signed_out_page.text))
    assert again.headers["Location"] == "/signed-out"


def subject_of(tokens: dict[str, Any]) -> str:
    return str(claims_of(tokens["id_token"])["sub"])


def ends_of(demo: Demo, subject: str) -> list[str]:
    """List why sessions of a subject ended, newest first."""
    done = demo.idp(
        "audit", "search", "--name", "session.ended", "--subject", subject, "--format", "json"
    )
    return [json.loads(line)["data"]["reason"] for line in done.stdout.splitlines()]


def test_cookies_are_closed_to_scripts_and_to_foreign_forms(demo: Demo) -> None:
    """Row 116: Core 16."""
    browser, member = Browser(demo.issuer), demo.member()
    sent = browser.sign_in(member["email"], member["password"]).headers["Set-Cookie"]
    parts = [part for part in sent.split(", kumiai") if part]
    assert len(parts) == 2
    for part in parts:
        assert "HttpOnly" in part
        assert "SameSite=Lax" in part
        assert "Path=/" in part
        assert "Domain" not in part


def test_a_shared_device_is_not_remembered(demo: Demo) -> None:
    member = demo.member(index=2)
    shared = Browser(demo.issuer)
    shared.sign_in(member["email"], member["password"], shared_device="on")
    assert shared.get("/account").status_code == 200
    shared.post("/sign-out", hidden_fields(shared.get("/sign-out").text))
    for _ in range(5):
        shared.sign_in(member["email"], "wrong password")
    late = shared.sign_in(member["email"], member["password"])
    assert late.status_code == 401, "a stranger's budget, as for any unknown browser"
    forward(demo, 31 * 60)


def test_a_known_device_has_a_budget_of_its_own(demo: Demo) -> None:
    known, member = signed_in(demo, 3), demo.member(index=3)
    known.post("/sign-out", hidden_fields(known.get("/sign-out").text))
    stranger = Browser(demo.issuer)
    for _ in range(6):
        assert stranger.sign_in(member["email"], "wrong password").status_code == 401
    assert stranger.sign_in(member["email"], member["password"]).status_code == 401
    assert known.sign_in(member["email"], member["password"]).status_code == 303
    forward(demo, 31 * 60)
    assert stranger.sign_in(member["email"], member["password"]).status_code == 303


@pytest.mark.parametrize("typed", ["{}", "  {}\u3000", "{upper}"])
def test_an_address_is_found_however_it_is_typed(demo: Demo, typed: str) -> None:
    member = demo.member(index=4)
    text = typed.format(member["email"], upper=member["email"].upper())
    assert Browser(demo.issuer).sign_in(text, member["password"]).status_code == 303


def test_a_look_alike_address_never_meets_the_account(demo: Demo) -> None:
    member = demo.member(index=4)
    cyrillic_o, kelvin_sign = "\u043e", "\u212a"
    for text in (
        member["email"].replace("o", cyrillic_o, 1),
        member["email"].replace("k", kelvin_sign, 1),  # lower() would make it a k
        member["email"].replace("m", "\uff4d", 1),
    ):
        assert text != member["email"]
        assert Browser(demo.issuer).sign_in(text, member["password"]).status_code == 401


def test_a_member_number_never_signs_in(demo: Demo) -> None:
    member = demo.member(index=5)
    assert Browser(demo.issuer).sign_in(member["number"], member["password"]).status_code == 401


def test_what_was_typed_is_kept_after_a_failure_but_never_the_password(demo: Demo) -> None:
    page = Browser(demo.issuer).sign_in("somebody@mihon.example", "a secret that is wrong")
    assert 'value="somebody@mihon.example"' in page.text
    assert "a secret that is wrong" not in page.text
