"""F3, the forgotten password: the link on the sign-in page, a mail, a new password, signing in."""

from __future__ import annotations

import requests

from tests.flows.journey import signed_in
from tests.recovery.steps import NEW, ask, form_of, mailed, set_with, signs_in
from tests.support.demo import Demo
from tests.support.mailbox import Mailbox, wait_for_outbox
from tests.support.parties import forward, party
from tests.support.relying_party import Browser


def test_the_sign_in_page_leads_there(demo: Demo) -> None:
    page = Browser(demo.issuer).get("/sign-in").text
    assert '<a class="standalone" href="/recover">パスワードをお忘れの方</a>' in page
    assert '<a class="standalone" href="/register">はじめての方</a>' in page


def test_the_code_alone_sets_a_new_password_and_gives_no_session(demo: Demo) -> None:
    member = demo.member(index=0)
    browser, page, code, _ = mailed(demo, member["email"])
    box = Mailbox(demo, member["email"])
    done = set_with(browser, page, code=code)
    assert (done.status_code, done.headers["Location"]) == (303, "/recover/done")
    assert browser.cookie("kumiai_idp") is None
    assert "ログインしてください" in browser.get("/recover/done").text
    assert browser.get("/account").headers["Location"].startswith("/sign-in")
    assert "すべての端末からログアウトしました" in box.next("パスワード変更")["text"]
    assert not signs_in(demo, member["email"], member["password"])
    assert signs_in(demo, member["email"], NEW)


def test_the_link_alone_sets_a_new_password_in_any_browser(demo: Demo) -> None:
    member = demo.member(index=1)
    *_, link = mailed(demo, member["email"])
    browser = Browser(demo.issuer)
    opened = browser.get(link)
    assert (opened.status_code, opened.headers["Location"]) == (303, "/recover/password")
    page = browser.get("/recover/password")
    secret = link.rpartition("/")[2]
    assert secret not in page.text
    assert 'name="code"' not in page.text
    done = set_with(browser, page)
    assert done.headers["Location"] == "/recover/done"
    assert browser.cookie("kumiai_idp_link") is None
    assert signs_in(demo, member["email"], NEW)
    assert browser.get(link).status_code == 410, "a used link says so"


def test_full_width_digits_and_blanks_are_taken(demo: Demo) -> None:
    member = demo.member(index=2)
    browser, page, code, _ = mailed(demo, member["email"])
    wide = code.translate({ord(d): ord(d) + 0xFEE0 for d in "0123456789"})
    typed = f" {wide[:4]}\u3000{wide[4:]} "
    assert set_with(browser, page, code=typed).status_code == 303


def test_everything_that_was_signed_in_is_over(demo: Demo) -> None:
    member = demo.member(index=3)
    before = signed_in(demo, 3)
    desk = party(demo, "desk")
    other = Browser(demo.issuer)
    tokens = desk.sign_in(other, member["email"], member["password"])
    browser, page, code, _ = mailed(demo, member["email"])
    assert set_with(browser, page, code=code).status_code == 303
    for old in (before, other):
        assert old.get("/account").headers["Location"].startswith("/sign-in")
    assert desk.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert desk.userinfo(tokens["access_token"]).status_code == 401


def test_a_mistake_in_the_password_costs_no_second_mail(demo: Demo) -> None:
    member = demo.member(index=4)
    browser, page, code, _ = mailed(demo, member["email"])
    for password, again, words in (
        (NEW, NEW + "x", "二つのパスワードが同じではありません"),
        ("short", "short", "文字以上"),
        (f"{member['email']}1", f"{member['email']}1", "メールアドレスをもとにした"),
    ):
        refused = set_with(
            browser, page, code=code, new_password=password, new_password_again=again
        )
        assert refused.status_code == 400, words
        assert words in refused.text
        assert code not in refused.text
        assert password not in refused.text
        page = refused
    assert set_with(browser, page, code=code).status_code == 303


def test_what_names_the_member_is_said_only_after_the_mailbox_is_proven(demo: Demo) -> None:
    member = demo.member(index=4)
    browser, page, code, _ = mailed(demo, member["email"])
    own = f"{member['email']}1"
    stranger = set_with(browser, page, password=own, code=f"{(int(code) + 1) % 10**8:08d}")
    assert stranger.status_code == 401
    assert "もとにした" not in stranger.text
    owner = set_with(browser, page, password=own, code=code)
    assert owner.status_code == 400
    assert "メールアドレスをもとにした" in owner.text


def test_asking_again_leaves_the_first_code_good(demo: Demo) -> None:
    member = demo.member(index=5)
    browser, page, first, _ = mailed(demo, member["email"])
    box = Mailbox(demo, member["email"])
    again = browser.post("/recover", form_of(page, "resend"))
    second = box.next("パスワード再設定")["code"]
    assert form_of(again, "reset-password")["flow"] == form_of(page, "reset-password")["flow"]
    assert first != second
    assert set_with(browser, again, code=first).status_code == 303
    assert set_with(browser, again, code=second).status_code == 401, "the rest went with it"


def test_asking_changes_nothing_of_the_members(demo: Demo) -> None:
    browser, member = signed_in(demo, 6), demo.member(index=6)
    ask(Browser(demo.issuer), member["email"])
    assert browser.get("/account").status_code == 200
    assert signs_in(demo, member["email"], member["password"])


def test_it_lifts_what_wrong_passwords_have_blocked(demo: Demo) -> None:
    member = demo.member(index=7)
    for _ in range(6):
        Browser(demo.issuer).sign_in(member["email"], "not the password")
    assert not signs_in(demo, member["email"], member["password"])
    browser, page, code, _ = mailed(demo, member["email"])
    assert set_with(browser, page, code=code).status_code == 303
    assert signs_in(demo, member["email"], NEW)


def test_a_code_and_a_link_are_over_after_their_time(demo: Demo) -> None:
    member = demo.member(index=8)
    browser, page, code, link = mailed(demo, member["email"])
    visitor = Browser(demo.issuer)
    assert visitor.get(link).status_code == 303
    opened = visitor.get("/recover/password")
    forward(demo, 31 * 60)
    assert set_with(browser, page, code=code).status_code == 401
    assert set_with(visitor, opened).status_code == 401
    assert Browser(demo.issuer).get(link).status_code == 410


def test_who_may_not_use_the_service_is_told_by_mail_and_by_nothing_else(demo: Demo) -> None:
    for standing, words in (("stopped", "サービス停止"), ("former", "ご利用期間が終わっている")):
        member = demo.member(standing)
        box = Mailbox(demo, member["email"])
        page = ask(Browser(demo.issuer), member["email"])
        assert page.status_code == 200
        mail = box.next("パスワード再設定")
        assert words in mail["text"]
        assert (mail["links"], mail["code"]) == ([], None)


def test_a_member_who_asks_too_often_sees_the_same_page_and_gets_no_more_mail(demo: Demo) -> None:
    member = demo.member("leaving")
    box = Mailbox(demo, member["email"])
    pages = {ask(Browser(demo.issuer), member["email"]).status_code for _ in range(10)}
    wait_for_outbox(demo)
    assert pages == {200}
    assert len(box.new()) == 8


def test_pages_say_what_is_wrong_with_what_was_typed(demo: Demo) -> None:
    browser = Browser(demo.issuer)
    for typed in ("", "taro", "taro@@mihon.example", "taro@mihon.example,b@mihon.example"):
        page: requests.Response = ask(browser, typed)
        assert page.status_code == 400
        assert 'href="#email"' in page.text
    page = ask(browser, demo.member()["email"])
    for code in ("", "abcdefgh", "１２３４ａ", "1234567", "123456789"):
        assert set_with(browser, page, code=code).status_code == 400
    assert Browser(demo.issuer).get("/recover/password").headers["Location"] == "/recover"
