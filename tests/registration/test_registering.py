"""Becoming a user: from the payment to the first sign-in (F4, F5, F7, F9)."""

from __future__ import annotations

import datetime
import json
import re

import pytest

from idp.clock import Clock
from tests.registration.conftest import Invited
from tests.registration.registrant import (
    GOOD,
    Person,
    Registrant,
    feed,
    invitation_in,
    invitations_to,
    mail_to,
    messages,
)
from tests.support.demo import Demo, wait_until
from tests.support.relying_party import Browser

TODAY = Clock().today().isoformat()


def test_a_payment_that_comes_in_invites_and_the_member_registers_and_signs_in(demo: Demo) -> None:
    person = Person("00007001", email="newcomer@mihon.example")
    feed(demo, [person], paid_on="")
    assert not messages(demo, person.email), "an applicant who has not paid is not invited"
    feed(demo, [person], paid_on=TODAY)
    mail = mail_to(demo, person.email)
    link = next(link for link in mail["links"] if "/register" in link)
    registrant = Registrant(demo)
    page = registrant.open(link)
    code = invitation_in(mail)
    assert f'value="{code}"' in page.text, "the link fills the code in"

    address = "own.address@mihon.example"
    done = registrant.register(code, person, address)
    assert done.status_code == 200
    assert "ご登録が完了しました" in done.text
    assert person.number not in done.text
    assert 'href="/sign-in"' in done.text
    assert registrant.open("/account").status_code == 303, "registering signs nobody in"

    browser = Browser(demo.issuer)
    landed = browser.follow(browser.sign_in(address, GOOD))
    assert person.number in landed.text
    assert mail_to(demo, address, 2)["subject"]
    by_number = Browser(demo.issuer).sign_in(person.number, GOOD)
    assert by_number.status_code == 401, "a member number never signs in"


def test_the_same_import_again_invites_nobody_again(demo: Demo, invited: Invited) -> None:
    person = invited[7002]
    mail_to(demo, person.email)
    assert feed(demo, [person], paid_on=TODAY)["unchanged"] == 1
    listed = json.loads(demo.idp("invite", "list", "--pending", "--format", "json").stdout)
    assert len([one for one in listed if one["member_number"] == person.number]) == 1
    assert len(messages(demo, person.email)) == 1


def test_a_payment_that_is_reversed_takes_the_invitation_back(demo: Demo, invited: Invited) -> None:
    person = invited[7003]
    code = invitation_in(mail_to(demo, person.email))
    feed(demo, [person], paid_on="")
    assert Registrant(demo).begin(code, person.number).status_code == 401


def test_the_first_import_of_members_of_old_invites_nobody(demo: Demo) -> None:
    person = Person("00007004", email="of.old@mihon.example")
    feed(demo, [person], paid_on="2004-04-30")
    assert demo.idp("invite", person.number).returncode == 0
    mail_to(demo, person.email)
    assert len(messages(demo, person.email)) == 1, "only the one that was asked for"


def test_a_new_invitation_ends_the_old_one_and_withdrawing_ends_it(
    demo: Demo, invited: Invited
) -> None:
    person = invited[7005]
    first = invitation_in(mail_to(demo, person.email))
    assert demo.idp("invite", "resend", person.number).returncode == 0
    second = invitation_in(mail_to(demo, person.email, 2))
    assert Registrant(demo).begin(first, person.number).status_code == 401
    assert Registrant(demo).begin(second, person.number).status_code == 200
    done = demo.idp("invite", "withdraw", person.number, "--reason", "moved away")
    assert done.returncode == 0
    assert Registrant(demo).begin(second, person.number).status_code == 401
    assert demo.idp("invite", "resend", person.number).returncode == 1


def test_before_the_opening_the_page_says_from_when(demo: Demo, invited: Invited) -> None:
    person = invited[7006]
    code = invitation_in(mail_to(demo, person.email))
    opening = datetime.datetime(2017, 8, 14, 15, 0, tzinfo=datetime.UTC)  # 15 August in Japan
    registrant = Registrant(demo)
    page = registrant.open()
    try:
        before = opening - datetime.datetime.now(datetime.UTC)
        demo.move_clock(before.total_seconds() - 600)
        early = registrant.open(f"/register?code={code}")
        assert early.status_code == 200
        assert "2017年8月15日（火）" in early.text
        assert "<form" not in early.text
        typed = {"invitation_code": code, "member_number": person.number, "birth_date": "S60.4.1"}
        refused = registrant.send(page, **typed)
        assert refused.status_code == 403
        assert "2017年8月15日（火）" in refused.text
        demo.move_clock(before.total_seconds() + 60)
        assert 'id="register"' in registrant.open().text
    finally:
        demo.move_clock(0)


def test_nobody_becomes_a_member_or_registers_without_being_one(
    demo: Demo, invited: Invited
) -> None:
    person = invited[7007]
    code = invitation_in(mail_to(demo, person.email))
    registrant = Registrant(demo)
    page = registrant.to_password(code, person, "leaver2@mihon.example")
    feed(demo, [person], paid_on="")  # the payment is reversed between two steps
    ended = registrant.send(page, new_password=GOOD, new_password_again=GOOD)
    assert ended.status_code == 410
    assert Browser(demo.issuer).sign_in("leaver2@mihon.example", GOOD).status_code == 401
    applicant = demo.idp("invite", "00000501")
    assert applicant.returncode == 1
    assert "not a member" in applicant.stderr


def test_who_stopped_the_service_comes_back_with_a_new_invitation(
    demo: Demo, invited: Invited
) -> None:
    person = invited[7008]
    registrant = Registrant(demo)
    first = invitation_in(mail_to(demo, person.email))
    registrant.register(first, person, person.email)
    assert demo.idp("invite", person.number).returncode == 1, "has an account already"
    assert demo.idp("account", "stop", person.number, "--reason", "a test").returncode == 0
    assert demo.idp("invite", person.number).returncode == 0
    # Notices of what happened before may arrive after it, or between.
    (code,) = wait_until(lambda: invitations_to(demo, person.email) - {first}, 20)
    words = "teapot otter violin"
    assert Registrant(demo).register(code, person, person.email, words).status_code == 200
    browser = Browser(demo.issuer)
    assert browser.sign_in(person.email, GOOD).status_code == 401
    assert person.number in browser.follow(browser.sign_in(person.email, words)).text


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "10文字以上"),
        ("sakurasakura2024", "よく使われる"),
        ("password12345", "よく使われる"),
        ("1985-04-01!!", "生年月日"),
        ("00007009-7009", "組合員番号"),
        ("みほん はいる ミホン", "お名前"),
        ("m7009@mihon", "メールアドレス"),
        ("x" * 1025, "よく使われる|1024文字以内"),
    ],
)
def test_a_password_that_is_refused_says_why_and_goes_on(
    demo: Demo, invited: Invited, password: str, says: str
) -> None:
    page = _at_password(demo, invited)
    registrant, form = page
    answer = registrant.send(form, new_password=password, new_password_again=password)
    assert answer.status_code == 400
    assert re.search(says, answer.text), answer.text
    assert f'value="{password}"' not in answer.text
    different = registrant.send(answer, new_password=GOOD, new_password_again=GOOD + ".")
    assert different.status_code == 400
    assert "二つのパスワードが同じではありません" in different.text


_KEPT: dict[str, object] = {}


def _at_password(demo: Demo, invited: Invited) -> tuple[Registrant, object]:
    if "page" not in _KEPT:
        person = invited[7009]
        registrant = Registrant(demo)
        code = invitation_in(mail_to(demo, person.email))
        _KEPT["page"] = registrant, registrant.to_password(code, person, person.email)
    return _KEPT["page"]  # type: ignore[return-value]  # what was put there above


def test_a_code_is_read_however_it_is_typed(demo: Demo, invited: Invited) -> None:
    person = invited[7010]
    code = invitation_in(mail_to(demo, person.email))
    wide = code.translate({c: c + 0xFEE0 for c in range(0x21, 0x7F)})
    for typed in (code.lower(), wide, code.replace("-", "　"), code.replace("0", "O")):
        for born in ("昭和60年4月1日", "Ｓ６０．４．１", "1985/4/1"):
            page = Registrant(demo).begin(typed, "００００７０１０", born)
            assert page.status_code == 200, typed
            assert 'name="email"' in page.text


def test_the_resend_keeps_what_was_typed_and_either_code_fits(demo: Demo, invited: Invited) -> None:
    person = invited[7011]
    registrant = Registrant(demo)
    page = registrant.begin(invitation_in(mail_to(demo, person.email)), person.number)
    page = registrant.send(page, email=person.email)
    first = mail_to(demo, person.email, 2)["code"]
    page = registrant.send(page, code="１２３", resend="1")
    assert 'value="１２３"' in page.text
    mail_to(demo, person.email, 3)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in first)
    assert 'name="new_password"' in registrant.send(page, code=f" {wide} ").text
