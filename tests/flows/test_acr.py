"""`acr` and `amr`: what may be asked for, what is said, a step up in a session (RFC 9470)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.flows.journey import code_for, signed_in, silently, tokens_for, verified
from tests.support.demo import Demo
from tests.support.factors import App, send, set_up_app, turn_off_app
from tests.support.mailbox import newest_code
from tests.support.parties import party
from tests.support.relying_party import Browser, Pkce, answer_of, claims_of

PASSWORD, MAIL_CODE = "urn:kumiai-id:password", "urn:kumiai-id:mail-code"
TWO_FACTOR = "urn:kumiai-id:two-factor"
INDEX = 3


def essential(*values: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}}})


@pytest.fixture
def app(demo: Demo) -> Iterator[App]:
    browser = signed_in(demo, INDEX)
    try:
        yield set_up_app(browser, float(demo.clock.read_text()))
    finally:
        turn_off_app(browser)


def test_a_password_is_called_a_password(demo: Demo) -> None:
    claims = claims_of(tokens_for(signed_in(demo), party(demo, "desk"))["id_token"])
    assert (claims["acr"], claims["amr"]) == (PASSWORD, ["pwd"])


@pytest.mark.parametrize("how", [{"acr_values": TWO_FACTOR}, {"claims": essential(TWO_FACTOR)}])
def test_a_client_asks_for_two_factors_and_gets_them(
    demo: Demo, app: App, how: dict[str, str]
) -> None:
    browser, client, pkce = Browser(demo.issuer), party(demo, "desk"), Pkce()
    member = demo.member(index=INDEX)
    page = browser.authorize(**client.request(pkce, **how))
    page = browser.follow(browser.sign_in(member["email"], member["password"], page))
    assert 'id="verification-code"' in page.text
    page = browser.follow(send(browser, page.text, "verification-code", code=app.code()))
    page = browser.consent(page) if page.status_code == 200 else page
    tokens = client.exchange(answer_of(page)["code"], pkce).json()
    claims = verified(demo, tokens["id_token"])
    assert (claims["acr"], claims["amr"]) == (TWO_FACTOR, ["pwd", "otp", "mfa"])


def test_a_step_up_keeps_the_session_and_renews_what_it_proves(demo: Demo, app: App) -> None:
    browser, client = Browser(demo.issuer), party(demo, "desk")
    member = demo.member(index=INDEX)
    answer = browser.sign_in(member["email"], member["password"])
    page = browser.get(answer.headers["Location"]).text
    send(browser, page, "verification-code", code=app.recovery_codes[0])
    browser.http.cookies.pop("kumiai_idp")
    browser.sign_in(member["email"], member["password"])  # a known device: the password is enough
    before = claims_of(tokens_for(browser, client)["id_token"])
    assert before["acr"] == PASSWORD
    assert silently(browser, client, claims=essential(TWO_FACTOR))["error"] == "login_required"
    pkce = Pkce()
    page = browser.authorize(**client.request(pkce, claims=essential(TWO_FACTOR)))
    assert 'id="re-authenticate"' in page.text
    assert 'name="password"' not in page.text
    wrong = send(browser, page.text, "re-authenticate", code="ABCDEFGHJKMNPQRS")
    assert wrong.status_code == 401
    answer = browser.follow(send(browser, page.text, "re-authenticate", code=app.code()))
    answer = browser.consent(answer) if answer.status_code == 200 else answer
    after = claims_of(client.exchange(answer_of(answer)["code"], pkce).json()["id_token"])
    assert after["sid"] == before["sid"]
    assert (after["acr"], after["amr"]) == (TWO_FACTOR, ["pwd", "otp", "mfa"])
    assert after["auth_time"] >= before["auth_time"]
    weaker = code_for(browser, client, pkce, claims=essential(MAIL_CODE))
    said = claims_of(client.exchange(weaker, pkce).json()["id_token"])
    assert said["acr"] == MAIL_CODE, "one of the values asked for, which the stronger one includes"


def test_what_cannot_be_had_is_refused_or_left_out(demo: Demo) -> None:
    browser, client = signed_in(demo, 1), party(demo, "desk")
    refused = answer_of(browser.authorize(**client.request(Pkce(), claims=essential(TWO_FACTOR))))
    assert refused["error"] == "unmet_authentication_requirements"
    claims = claims_of(tokens_for(browser, client, acr_values=TWO_FACTOR)["id_token"])
    assert claims["acr"] == PASSWORD


def test_a_code_by_mail_is_never_called_two_factor(demo: Demo) -> None:
    browser, client, pkce = Browser(demo.issuer), party(demo, "desk"), Pkce()
    member = demo.member(index=1)
    page = browser.authorize(**client.request(pkce, acr_values=MAIL_CODE))
    page = browser.follow(browser.sign_in(member["email"], member["password"], page))
    assert "10分間" in page.text
    again = browser.follow(send(browser, page.text, "resend"))
    assert 'role="status"' in again.text
    code = newest_code(demo, member["email"])
    page = browser.follow(send(browser, again.text, "verification-code", code=code))
    page = browser.consent(page) if page.status_code == 200 else page
    claims = verified(demo, client.exchange(answer_of(page)["code"], pkce).json()["id_token"])
    assert (claims["acr"], claims["amr"]) == (MAIL_CODE, ["pwd", "email"])


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/account/../sign-out", "/x", ""],
)
def test_authenticating_again_leads_to_no_other_place_cve_2024_7260(
    demo: Demo, wanted: str
) -> None:
    browser = signed_in(demo, 1)
    page = browser.get("/reauthenticate", params={"next": wanted}).text
    member = demo.member(index=1)
    answer = send(browser, page, "re-authenticate", password=member["password"])
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")


def test_a_sensitive_page_asks_again_after_a_while_and_comes_back(demo: Demo) -> None:
    browser, member = signed_in(demo, 1), demo.member(index=1)
    page = browser.get("/reauthenticate?next=/account/security").text
    wrong = send(browser, page, "re-authenticate", password="no")
    assert wrong.status_code == 401
    answer = send(browser, wrong.text, "re-authenticate", password=member["password"])
    assert answer.headers["Location"] == "/account/security"
