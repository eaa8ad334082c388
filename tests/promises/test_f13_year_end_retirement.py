"""F13. 年度末退職で脱退届を出しました。いつまで使えますか。 Retired at the year end: until when?

The promise: until the capital is refunded at the end of July. On 30 July everything works; from
00:00 in Tokyo on the 31st nothing does, in the portal and on the card, although nobody ran
anything; both say why, and the card asks to be uninstalled. Mails say so 30, 7 and 1 days before.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import journey
from tests.promises.endings import (
    card_says_it_is_over,
    portal_says_it_is_over,
    provider_asks_who_it_is,
)
from tests.promises.mailbox import arrived, mails_to
from tests.promises.moments import go_to, tokyo, written
from tests.promises.ways import POCKET, Way
from tests.support.demo import Demo

BEGINS = tokyo(2018, 6, 20, 9)
THE_END = date(2018, 7, 31)


@pytest.mark.parametrize("days", [30, 7, 1])
def test_a_mail_says_so_before_it_happens(demo: Demo, days: int) -> None:
    leaver = demo.member("leaving", 0)
    day = THE_END - timedelta(days=days)
    before = len(mails_to(demo, leaver["email"]))
    go_to(demo, tokyo(day.year, day.month, day.day, 9))
    mail = arrived(demo, leaver["email"], lambda mail: f"あと{days}日" in mail["text"])
    assert written(THE_END) in mail["text"]
    assert len(mails_to(demo, leaver["email"])) == before + 1
    for told in ("請求明細", "アンインストール"):
        assert told in mail["text"]
        assert told in mail["html"]
    assert leaver["number"] not in mail["text"]


def test_over_the_end_of_july(demo: Demo, chromium: Browser, way: Way) -> None:
    leaver = demo.member("leaving", way.index)
    go_to(demo, tokyo(2018, 7, 30, 23, 50))
    with way.walking(chromium, demo) as v:
        journey.sign_in(v, demo, leaver)
        v.page.click('nav a[href="/statements"]')
        assert "2018年7月分" in v.page.inner_text("main")  # 早めにご確認ください
        go_to(demo, tokyo(2018, 7, 31))
        provider_asks_who_it_is(v.page, demo)
        portal_says_it_is_over(v.page, demo, "membership_ended")
        assert "アンインストールしてください" in v.page.inner_text("main")
        v.look()
        journey.reach_sign_in(v, demo)
        journey.give_password(v.page, leaver["email"], leaver["password"])
        assert v.page.inner_text("h1") == "組合員としてのご利用は終わりました"
        v.look()


def test_the_card_on_the_phone_ends_by_itself(demo: Demo, chromium: Browser) -> None:
    leaver = demo.member("leaving", 0)
    go_to(demo, tokyo(2018, 7, 30, 23, 50))
    with POCKET.walking(chromium, demo) as v:
        journey.sign_in(v, demo, leaver)
        journey.open_card(v, demo)
        expect(v.page.locator("#valid-until")).to_contain_text("2018年7月30日")
        go_to(demo, tokyo(2018, 7, 31))
        card_says_it_is_over(v.page, "membership_ended")
        v.look()
