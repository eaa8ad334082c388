"""The second step of a sign-in: what is asked, what answers it, and what cannot be left out."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from idp.accounts import store as accounts
from idp.bootstrap import prepare
from idp.clock import to_micros
from idp.settings import read_settings
from tests.flows.journey import signed_in
from tests.support.demo import Demo
from tests.support.factors import App, fields_of, send, set_up_app, to_second_step, turn_off_app
from tests.support.relying_party import Browser

INDEX = 2


@pytest.fixture(scope="module")
def member(demo: Demo) -> dict[str, str]:
    return demo.member(index=INDEX)


@pytest.fixture
def app(demo: Demo) -> Iterator[App]:
    """A member with an app; taken away afterwards."""
    browser = signed_in(demo, INDEX)
    try:
        yield set_up_app(browser, float(demo.clock.read_text()))
    finally:
        turn_off_app(browser)


def test_without_a_factor_the_password_is_enough(demo: Demo) -> None:
    assert signed_in(demo, 1).get("/account").status_code == 200


def test_the_code_of_the_app_ends_the_sign_in(demo: Demo, member: dict[str, str], app: App) -> None:
    browser, page = to_second_step(demo, member)
    assert 'id="verification-code"' in page
    assert member["number"] not in page
    answer = send(browser, page, "verification-code", code=app.code())
    assert answer.headers["Location"] == "/account"
    assert member["number"] in browser.get("/account").text


def test_full_width_digits_and_blanks_are_fine(
    demo: Demo, member: dict[str, str], app: App
) -> None:
    browser, page = to_second_step(demo, member)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in app.code())
    answer = send(browser, page, "verification-code", code=f"{wide[:3]}　{wide[3:]}")
    assert answer.status_code == 303


def test_a_code_works_once_cve_2021_43177(demo: Demo, member: dict[str, str], app: App) -> None:
    code = app.code()
    first, page = to_second_step(demo, member)
    second, page_of_second = to_second_step(demo, member)
    assert send(first, page, "verification-code", code=code).status_code == 303
    refused = send(second, page_of_second, "verification-code", code=code)
    assert refused.status_code == 401
    assert code not in refused.text.replace(
        fields_of(refused.text, "verification-code")["progress"], ""
    )
    assert second.get("/account").headers["Location"] == "/sign-in"


def test_a_recovery_code_works_once(demo: Demo, member: dict[str, str], app: App) -> None:
    assert len(set(app.recovery_codes)) == 10
    browser, page = to_second_step(demo, member)
    typed = app.recovery_codes[0].lower().replace("0", "o")
    assert send(browser, page, "verification-code", code=typed).status_code == 303
    again, page = to_second_step(demo, member)
    assert send(again, page, "verification-code", code=app.recovery_codes[0]).status_code == 401
    assert send(again, page, "verification-code", code=app.recovery_codes[1]).status_code == 303


@pytest.mark.parametrize(
    "path", ["/account", "/account/security", "/account/passkeys", "/account/devices"]
)
def test_the_code_cannot_be_left_out_by_calling_pages_cve_2025_12760(
    demo: Demo, member: dict[str, str], app: App, path: str
) -> None:
    browser, _ = to_second_step(demo, member)
    answer = browser.get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")
    assert browser.cookie("kumiai_idp") is None


def test_the_device_is_known_only_after_the_code(
    demo: Demo, member: dict[str, str], app: App
) -> None:
    browser, _ = to_second_step(demo, member)
    _, page = to_second_step(demo, member, browser)  # asked again: still a new device
    assert send(browser, page, "verification-code", code=app.code()).status_code == 303
    browser.http.cookies.pop("kumiai_idp")
    answer = browser.sign_in(member["email"], member["password"])
    assert answer.headers["Location"] == "/account", "a known device is asked for nothing"


def test_a_step_of_another_browser_is_refused(demo: Demo, member: dict[str, str], app: App) -> None:
    mine, page = to_second_step(demo, member)
    theirs = Browser(demo.issuer)
    own = fields_of(theirs.get("/sign-in").text, "sign-in")
    stolen = fields_of(page, "verification-code") | {"csrf_token": own["csrf_token"]}
    answer = theirs.post("/sign-in/verify", stolen | {"code": app.code()})
    assert answer.status_code == 400
    assert theirs.get(f"/sign-in/verify?progress={stolen['progress']}").status_code == 400
    assert send(mine, page, "verification-code", code=app.code()).status_code == 303


def test_a_finished_step_opens_nothing(demo: Demo, member: dict[str, str], app: App) -> None:
    browser, page = to_second_step(demo, member)
    assert send(browser, page, "verification-code", code=app.code()).status_code == 303
    again = send(browser, page, "verification-code", code=app.recovery_codes[0])
    assert again.status_code == 400


def test_a_new_password_in_between_ends_the_sign_in(
    demo: Demo, member: dict[str, str], app: App
) -> None:
    browser, page = to_second_step(demo, member)
    foundation = prepare(read_settings({"IDP_DATA": str(demo.data)}))
    try:
        with foundation.database.begin() as tx:
            found = accounts.find_by_number(tx, member["number"])
            assert found is not None
            at = to_micros(found.credentials_changed_at) + 1
            accounts.set_password(tx, found.subject, found.password_hash or "", at)
    finally:
        foundation.database.dispose()
    assert send(browser, page, "verification-code", code=app.code()).status_code == 400
    assert browser.get("/account").headers["Location"] == "/sign-in"


def test_wrong_codes_get_one_page_and_a_right_one_ends_it(
    demo: Demo, member: dict[str, str], app: App
) -> None:
    browser, page = to_second_step(demo, member)
    for code in ("", "🦀" * 10, "1" * 64, "０" * 6, "ABCDEFGHJKMNPQRS"):
        answer = send(browser, page, "verification-code", code=code)
        assert answer.status_code == 401
        assert "受付番号" in answer.text
    assert send(browser, page, "verification-code", code=app.code()).status_code == 303


@pytest.mark.parametrize(
    ("code", "status"), [("%00", 400), ("%ED%A0%80", 400), ("1" * 65, 400), ("1&code=2", 400)]
)
def test_bodies_that_cannot_be_believed_are_refused(
    demo: Demo, member: dict[str, str], app: App, code: str, status: int
) -> None:
    browser, page = to_second_step(demo, member)
    hidden = fields_of(page, "verification-code")
    body = urlencode(hidden) + f"&code={code}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert browser.post("/sign-in/verify", body, headers=headers).status_code == status


def test_guesses_meet_the_limit_and_the_right_code_is_not_looked_at(
    demo: Demo, member: dict[str, str], app: App
) -> None:
    browser, page = to_second_step(demo, member)
    wrong = "000000" if app.code() != "000000" else "111111"
    before = demo.metric("gate_verifications_total", secret="totp")
    for _ in range(7):
        assert send(browser, page, "verification-code", code=wrong).status_code == 401
    assert send(browser, page, "verification-code", code=app.code()).status_code == 401
    assert demo.metric("gate_verifications_total", secret="totp") - before == 5
    # The owner is not locked out: a recovery code has a budget of its own.
    answer = send(browser, page, "verification-code", code=app.recovery_codes[0])
    assert answer.status_code == 303
