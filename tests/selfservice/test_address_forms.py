"""Addresses that look like another, or break the header of a mail: from the page into SMTP."""

from __future__ import annotations

import pytest

from tests.selfservice.house import House, link_in, post_form, send_form, title_of
from tests.support.relying_party import Browser

PAGE = "/account/address"
REFUSED = {
    "CRLF, a second header": "a@mihon.example\r\nBcc: b@mihon.example",
    "LF": "a\n@mihon.example",
    "two @": "a@b@mihon.example",
    "a list": "a@mihon.example,b@mihon.example",
    "a list with semicolons": "a@mihon.example;b@mihon.example",
    "angle brackets": "<a@mihon.example>",
    "a display name": "a b <a@mihon.example>",
    "full-width @": "a＠mihon.example",
    "full-width letters": "ａ@mihon.example",
    "dotless i": "mıke@mihon.example",
    "Kelvin sign": "mi\u212ae@mihon.example",
    "ligature (NFKC: fi)": "ﬁ@mihon.example",
    "quoted local part": '"a b"@mihon.example',
    "quoted with an @": '"a@b"@mihon.example',
    "a comment": "a(b)@mihon.example",
    "a blank": "a b@mihon.example",
    "a zero-width blank": "a\u200b@mihon.example",
    "no domain": "a@",
    "no local part": "@mihon.example",
    "an address literal": "a@[127.0.0.1]",
    "a look-alike domain": "a@ｍihon.example",
    "stray dots without a carrier": "a..b.@mihon.example",
    "too long": "a" * 65 + "@mihon.example",
    "nothing": "",
    "an array": "[a@mihon.example]",
    "percent hack": "a%b@",
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_address_is_refused_and_kept_in_the_field(house: House, what: str) -> None:
    browser = _browser(house)
    before = house.outbox()
    answer = post_form(browser, PAGE, "new-address", {"email": REFUSED[what]})
    assert answer.status_code == 400, what
    assert "メールアドレスの形をお確かめください" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert house.outbox() == before, "nothing is sent anywhere"


@pytest.mark.parametrize(
    ("email", "status"),
    [("a\0@mihon.example", 400), ("x" * 401, 400), ("a" * 390, 400)],
)
def test_odd_bytes_get_a_clear_page(house: House, email: str, status: int) -> None:
    assert post_form(_browser(house), PAGE, "new-address", {"email": email}).status_code == status


def test_a_repeated_field_is_refused(house: House) -> None:
    browser = _browser(house)
    token = browser.get(PAGE).text.split('csrf_token" value="')[1][:43]
    body = [("csrf_token", token), ("email", "a@mihon.example"), ("email", "b@mihon.example")]
    assert browser.post(PAGE, body).status_code == 400


def test_look_alikes_reach_nobody_else_cve_2019_19844(house: House) -> None:
    """A dotless i or a capital that folds to another letter must not reach the other's account."""
    victim = house.person()
    browser = _browser(house)
    for email in (
        victim.email.replace("m", "ｍ", 1),
        victim.email.replace("@mihon", "@mıhon"),
        victim.email.replace("example", "exampl\u0435"),
    ):
        answer = post_form(browser, PAGE, "new-address", {"email": email})
        assert answer.status_code in (303, 400)
        browser.get(f"{PAGE}?again=1")
    assert house.mails_to(victim.email) == []
    assert house.can_sign_in(victim.email, victim.password)


def test_a_carrier_address_is_taken_as_it_was_issued(house: House) -> None:
    person = house.person()
    browser, email = house.signed_in(person), f"taro.{person.number}.@docomo.ne.jp"
    answer = post_form(browser, PAGE, "new-address", {"email": f" {email}　"})
    assert answer.status_code == 303, answer.text
    for step, address in (("new", email), ("old", person.email)):
        stranger = Browser(house.demo.issuer)
        page = stranger.get(link_in(house.mail_to(address), step))
        title = title_of(send_form(stranger, page, "new-address", {}))
    assert title == "メールアドレスを変更しました"
    assert house.can_sign_in(email, person.password)


def test_the_case_of_the_local_part_stays_as_typed(house: House) -> None:
    person = house.person()
    email = f"Big.{person.email}"
    answer = post_form(house.signed_in(person), PAGE, "new-address", {"email": email})
    assert answer.status_code == 303
    assert house.mail_to(email)["to"] == email


@pytest.mark.parametrize("step", ["new", "old", "undo"])
@pytest.mark.parametrize("link", ["", "x", "x.y", "é.é", "\0", "a" * 128, "a" * 129, "..", "%"])
def test_made_up_links_get_a_clear_page(house: House, step: str, link: str) -> None:
    stranger = Browser(house.demo.issuer)
    page = stranger.http.get(f"{house.demo.issuer}{PAGE}/{step}", params={"link": link}, timeout=30)
    assert page.status_code == 200, "looking is free"
    answer = send_form(stranger, page, "new-address", {"link": link})
    assert answer.status_code == 400


def test_other_steps_do_not_exist(house: House) -> None:
    assert Browser(house.demo.issuer).get(f"{PAGE}/other").status_code == 404


_browsers: list[Browser] = []


def _browser(house: House) -> Browser:
    """Give one signed-in browser for all refusals: it never changes anything."""
    if not _browsers:
        _browsers.append(house.signed_in(house.person()))
    return _browsers[0]
