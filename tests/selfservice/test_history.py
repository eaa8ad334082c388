"""The access history: one's own events and nobody else's, and "this was not me"."""

from __future__ import annotations

import html
import re
import time

import pytest

from audit.event import Actor
from audit.names import EventName
from tests.flows.journey import tokens_for
from tests.selfservice.house import House, Person, post_form, title_of
from tests.support.parties import party
from tests.support.relying_party import Browser, hidden_fields

PAGE = "/account/history"
AGENT = {"User-Agent": "Mozilla/5.0 (Linux; Android 13) Chrome/120.0 Mobile Safari/537.36"}


def headings(browser: Browser, path: str = PAGE) -> list[str]:
    """List what a page of the history says, from the top."""
    return [
        html.unescape(h)
        for h in re.findall(r'<h2 id="e-[^"]+">([^<]+)</h2>', browser.get(path).text)
    ]


def form_of(browser: Browser, heading: str) -> dict[str, str]:
    """Give the fields of the first entry of this name that may be contested."""
    for entry in browser.get(PAGE).text.split('<li class="entry">')[1:]:
        if heading in entry and "<form" in entry:
            return hidden_fields(entry)
    raise AssertionError(heading)


def test_it_tells_who_did_what_from_where_newest_first(house: House, person: Person) -> None:
    Browser(house.demo.issuer).sign_in(person.email, "wrong one, surely")
    browser = Browser(house.demo.issuer)
    browser.http.headers.update(AGENT)
    browser.sign_in(person.email, person.password)
    shop = party(house.demo, "shop")
    tokens = tokens_for(browser, shop, scope="openid profile", prompt="consent")
    shop.userinfo(tokens["access_token"])
    house.demo.idp("member", "show", person.number)
    assert headings(browser) == [
        "職員が、あなたのご登録の内容を見ました",
        "「みほんshop」が、あなたの情報を受け取りました",
        "「みほんshop」の利用を始めました",
        "「みほんshop」に情報を渡すことを許可しました",
        "ログインしました",
        "ログインできませんでした",
        "ご利用の登録をしました",
    ]
    text = browser.get(PAGE).text
    for words in (
        "パスワード",
        "Android の Google Chrome",
        "127.0.0.1",
        "日本時間",
        "組合の事務担当",
    ):
        assert words in text
    assert "cli:" not in text, "who of the staff it was by name is not told"


def test_nobody_sees_anything_of_anybody_else(house: House) -> None:
    mine, theirs = house.person(), house.person()
    foreign = house.signed_in(theirs)
    event = form_of(foreign, "ログインしました")["event"]
    browser = house.signed_in(mine)
    assert event not in browser.get(PAGE).text
    fields = form_of(browser, "ログインしました") | {"event": event}
    assert browser.post(PAGE, fields).status_code == 404
    assert foreign.get("/account").status_code == 200, "and it ends nobody else's session"
    assert house.events(theirs, "session.contested") == 0


def test_this_was_not_me_ends_that_session_alone(house: House, person: Person) -> None:
    thief, desk = house.signed_in(person), party(house.demo, "desk")
    token = tokens_for(thief, desk)["access_token"]
    browser = house.signed_in(person)
    fields = form_of(browser, "「みほんdesk」の利用を始めました")
    answer = browser.post(PAGE, fields)
    assert title_of(answer) == "お知らせいただきました"
    assert 'href="/account/password"' in answer.text
    assert thief.get("/account").status_code == 303
    assert desk.userinfo(token).status_code == 401
    assert browser.get("/account").status_code == 200
    assert headings(browser)[0] in (
        "ログインが終わりました",
        "「心当たりがない」とお知らせいただきました",
    )
    for _ in range(3):
        assert browser.post(PAGE, fields).status_code == 200
    assert house.events(person, "session.contested") == 1, "once, however often it is pressed"


def test_ones_own_session_goes_on(house: House, person: Person) -> None:
    browser = house.signed_in(person)
    fields = form_of(browser, "ログインしました")
    assert "いまお使いのログイン" in browser.post(PAGE, fields).text
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize("bad", ["x", "1-", "-1", "1-1-1", "9" * 60, "1' OR 1=1--1", "%00"])
def test_a_made_up_place_is_refused(house: House, person: Person, bad: str) -> None:
    assert house.signed_in(person).get(f"{PAGE}?before={bad}").status_code == 400


def test_a_hundred_thousand_events_page_quickly(house: House, person: Person) -> None:
    """The worst case: nearly all of them of a kind that is not shown."""
    f, now = house.foundation, house.foundation.clock.now()
    with f.database.begin() as tx:
        first = f.journal.record(
            tx,
            EventName.REFRESH_ROTATED,
            now,
            actor=Actor("client", "desk"),
            subject=person.subject,
        )
        tx.text(
            "INSERT INTO audit_event (id, occurred_at, name, outcome, subject, line, written_by,"
            " cluster) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <"
            " 100000) SELECT 'x' || i || :who, occurred_at - i, CASE WHEN i % 97 = 0 THEN"
            " 'session.ended' ELSE name END, outcome, subject, CASE WHEN i % 97 = 0"
            " THEN replace(line, 'refresh.rotated', 'session.ended') ELSE line END, 0, 0"
            " FROM audit_event, n WHERE id = :first",
            {"first": first, "who": person.number},
        )
    browser = house.signed_in(person)
    seen, path, longest = 0, PAGE, 0.0
    for _ in range(5):
        started = time.perf_counter()
        page = browser.get(path)
        longest = max(longest, time.perf_counter() - started)
        seen += page.text.count('<li class="entry">')
        older = re.search(r'href="(/account/history\?before=[^"]+)"', page.text)
        assert older, page.text
        path = html.unescape(older[1])
    print(f"100,000 events: slowest of 5 pages {longest * 1000:.0f} ms")
    assert seen == 100
    assert longest < 1.0


def test_contest_needs_an_event_of_the_history(house: House, person: Person) -> None:
    browser = house.signed_in(person)
    fields = form_of(browser, "ログインしました")
    for event in ("", "nothing", "x" * 64, "' OR 1=1", "０" * 36):
        assert browser.post(PAGE, fields | {"event": event}).status_code == 404
    assert browser.post(PAGE, fields | {"event": "x" * 65}).status_code == 400
    assert post_form(browser, "/account/password", "change-password", {}).status_code == 400
