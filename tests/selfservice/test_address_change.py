"""A changed sign-in mail address: both mailboxes confirm, the old one may take it back."""

from __future__ import annotations

import pytest

from tests.flows.journey import tokens_for
from tests.selfservice.house import (
    NEW_PASSWORD,
    PASSWORD,
    House,
    Person,
    link_in,
    post_form,
    send_form,
    title_of,
)
from tests.support.parties import forward, party
from tests.support.relying_party import Browser

PAGE = "/account/address"


def ask(house: House, browser: Browser, email: str) -> None:
    """Ask for another address."""
    answer = post_form(browser, PAGE, "new-address", {"email": email})
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE), answer.text


def press(house: House, link: str) -> str:
    """Open a mail's link in a browser that knows nothing, and press its button."""
    stranger = Browser(house.demo.issuer)
    return title_of(send_form(stranger, stranger.get(link), "new-address", {}))


def changed(house: House, person: Person, email: str) -> Browser:
    """Change an address by both links; answers the browser it was asked for in."""
    browser = house.signed_in(person)
    ask(house, browser, email)
    assert press(house, link_in(house.mail_to(email), "new")) == "確認できました"
    link = link_in(house.mail_to(person.email), "old")
    assert press(house, link) == "メールアドレスを変更しました"
    return browser


def test_it_changes_when_both_mailboxes_have_confirmed_by_code(
    house: House, person: Person
) -> None:
    browser, email = house.signed_in(person), f"new-{person.email}"
    ask(house, browser, email)
    new, old = house.mail_to(email), house.mail_to(person.email)
    assert person.number not in new["text"] + new["html"], "a proving mail tells nothing"
    assert "見本" not in new["text"] + new["html"]
    assert email not in old["text"] + old["html"], "the other address stands masked"
    first = post_form(browser, PAGE, "new-address", {"code": new["code"]})
    assert first.headers.get("Location") == PAGE
    assert not house.can_sign_in(email, PASSWORD), "one mailbox is not enough"
    wide = "".join(chr(ord(c) + 0xFEE0) for c in old["code"])
    second = post_form(browser, PAGE, "new-address", {"code": f"{wide[:3]}　{wide[3:]}"})
    assert title_of(second) == "メールアドレスを変更しました"
    assert house.can_sign_in(email, PASSWORD)
    assert not house.can_sign_in(person.email, PASSWORD)
    assert browser.get("/account").status_code == 200, "this session stays"


def test_it_ends_everything_but_the_session_it_was_asked_for_in(
    house: House, person: Person
) -> None:
    other, desk = house.signed_in(person), party(house.demo, "desk")
    tokens = tokens_for(other, desk)
    browser = changed(house, person, f"new-{person.email}")
    assert other.get("/account").headers["Location"] == "/sign-in"
    assert desk.userinfo(tokens["access_token"]).status_code == 401
    assert desk.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert browser.get("/account").status_code == 200
    assert tokens_for(browser, desk)["access_token"], "and works on"


def test_scanners_that_follow_the_links_change_nothing(house: House, person: Person) -> None:
    browser, email = house.signed_in(person), f"new-{person.email}"
    ask(house, browser, email)
    links = [
        link_in(house.mail_to(email), "new"),
        link_in(house.mail_to(person.email), "old"),
    ]
    for link in links * 20:
        assert Browser(house.demo.issuer).get(link).status_code == 200
        head = Browser(house.demo.issuer).http.head(house.demo.issuer + link, timeout=30)
        assert head.status_code == 200
    assert house.events(person, "address.confirmed") == 0
    assert press(house, links[0]) == "確認できました", "and used nothing up"


def test_a_second_request_replaces_the_first(house: House, person: Person) -> None:
    browser = house.signed_in(person)
    ask(house, browser, f"first-{person.email}")
    first = link_in(house.mail_to(f"first-{person.email}"), "new")
    answer = post_form(browser, f"{PAGE}?again=1", "new-address", {"email": f"2-{person.email}"})
    assert answer.status_code == 303
    assert press(house, first) == "確認できませんでした"
    assert press(house, link_in(house.mail_to(f"2-{person.email}"), "new")) == "確認できました"


def test_the_old_mailbox_takes_it_back_and_gets_no_session(house: House, person: Person) -> None:
    browser, email = changed(house, person, f"new-{person.email}"), f"new-{person.email}"
    undo = link_in(house.mail_to(person.email, 2), "undo")
    assert not any("undo" in link for mail in house.mails_to(email) for link in mail["links"])
    stranger = Browser(house.demo.issuer)
    page = send_form(stranger, stranger.get(undo), "new-address", {})
    assert title_of(page) == "メールアドレスを元に戻しました"
    assert 'href="/recover"' in page.text
    assert stranger.cookie("kumiai_idp") is None
    assert stranger.get("/account").headers["Location"] == "/sign-in"
    assert browser.get("/account").status_code == 303, "all sessions ended"
    for address in (email, person.email):
        assert not house.can_sign_in(address, PASSWORD), "a new password is needed"
    assert press(house, undo) == "確認できませんでした", "once"


def test_a_thief_who_also_changes_the_password_does_not_spoil_the_undo(
    house: House, person: Person
) -> None:
    browser = changed(house, person, f"thief-{person.email}")
    fields = {
        "password": PASSWORD,
        "new_password": NEW_PASSWORD,
        "new_password_again": NEW_PASSWORD,
    }
    assert post_form(browser, "/account/password", "change-password", fields).status_code == 200
    ask(house, browser, f"far-{person.email}")
    assert press(house, link_in(house.mail_to(f"far-{person.email}"), "new")) == "確認できました"
    later = link_in(house.mail_to(f"thief-{person.email}", 4), "old")
    assert press(house, later) == "メールアドレスを変更しました"
    later_undo = link_in(house.mail_to(f"thief-{person.email}", 5), "undo")
    undo = link_in(house.mail_to(person.email, 2), "undo")
    assert press(house, undo) == "メールアドレスを元に戻しました"
    assert press(house, later_undo) == "確認できませんでした", "the thief's own undo is void"
    assert not house.can_sign_in(f"far-{person.email}", NEW_PASSWORD)


def test_an_address_in_use_looks_the_same_and_only_its_owner_is_told(house: House) -> None:
    asker, owner = house.person(), house.person()
    browser = house.signed_in(asker)
    ask(house, browser, f"free-{asker.email}")
    free = browser.get(PAGE)
    browser.get(f"{PAGE}?again=1")
    before = house.outbox()
    again = post_form(browser, f"{PAGE}?again=1", "new-address", {"email": owner.email.upper()})
    assert again.status_code == 303
    assert house.outbox() == before + 3, "as many mails as for a free one"
    taken = browser.get(PAGE)
    assert taken.status_code == free.status_code
    assert len(taken.text) - len(free.text) == len("M") - len("f")
    told = house.mail_to(owner.email)
    assert told["code"] is None
    assert asker.number not in told["text"]


@pytest.mark.parametrize("which", ["new", "old"])
def test_a_code_is_guessed_five_times_and_the_link_still_works(
    house: House, person: Person, which: str
) -> None:
    browser, email = house.signed_in(person), f"{which}-{person.email}"
    ask(house, browser, email)
    mail = house.mail_to(email if which == "new" else person.email)
    wrong = "000000" if mail["code"] != "000000" else "111111"
    for _ in range(7):
        answer = post_form(browser, PAGE, "new-address", {"code": wrong})
        assert answer.status_code == 400
        assert "確認できませんでした" in answer.text
    right = post_form(browser, PAGE, "new-address", {"code": mail["code"]})
    assert right.status_code == 400, "the limit holds for the right one, too"
    assert press(house, link_in(mail, which)) == "確認できました"


def test_too_late_is_too_late(house: House, person: Person) -> None:
    browser, email = house.signed_in(person), f"late-{person.email}"
    ask(house, browser, email)
    link = link_in(house.mail_to(email), "new")
    forward(house.demo, 24 * 3600 + 1)
    assert press(house, link) == "確認できませんでした"


def test_old_authentication_is_asked_for_again(house: House, person: Person) -> None:
    browser = house.signed_in(person)
    forward(house.demo, 5 * 60 + 1)
    for page in (PAGE, "/account/stop", "/account/data"):
        asked = browser.get(page)
        assert asked.status_code == 303
        assert asked.headers["Location"].startswith("/reauthenticate?next=%2Faccount%2F")


def test_a_limit_on_proving_mails_withholds_the_mail_and_nothing_else(
    house: House, person: Person
) -> None:
    """Three a day to a mailbox that nobody has proven."""
    email = f"spam-{person.email}"
    browser = house.signed_in(person)
    ask(house, browser, email)
    for _ in range(4):
        before = house.outbox()
        answer = post_form(browser, f"{PAGE}?again=1", "new-address", {"email": email})
        assert answer.status_code == 303
        assert house.outbox() == before + 3
    house.mail_to(person.email, 5)
    assert len(house.mails_to(email)) == 3
