"""F14. 利用を中止するには。 How do I stop using the portal?

The promise: by the stop procedure inside the portal. It asks once more who one is, says what ends,
and then portal and card are over at once, on every device; a mail confirms it. Coming back takes a
new invitation from the co-op: the old password opens nothing.
"""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser import journey
from tests.browser.visitor import Visitor
from tests.promises.endings import card_says_it_is_over, portal_says_it_is_over
from tests.promises.mailbox import arrived
from tests.promises.moments import go_to, tokyo
from tests.promises.registering import CODE, press, register
from tests.promises.ways import POCKET, Way
from tests.support.demo import Demo

BEGINS = tokyo(2018, 4, 2, 9)


def follow_to_the_stop(v: Visitor, demo: Demo, password: str) -> None:
    """Find the procedure from the portal's first page; say once more who one is."""
    v.page.goto(demo.facts["portal"])
    v.page.locator('main a[href$="/account/stop"]').click()
    expect(v.page.locator("form#re-authenticate")).to_be_visible()
    v.look()
    v.page.fill("#password", password)
    press(v.page, "re-authenticate")
    expect(v.page.locator("form#stop-service")).to_be_visible()
    v.look()


def test_it_ends_everywhere_at_once(demo: Demo, chromium: Browser, way: Way) -> None:
    member, hour = demo.member(index=way.index), 10 + 2 * way.index
    go_to(demo, tokyo(2018, 4, 2, hour))
    with POCKET.walking(chromium, demo) as phone, way.walking(chromium, demo) as v:
        journey.sign_in(phone, demo, member)
        journey.open_card(phone, demo)
        journey.sign_in(v, demo, member)
        go_to(demo, tokyo(2018, 4, 2, hour, 20))  # the sign-in was a while ago
        follow_to_the_stop(v, demo, member["password"])
        text = v.page.inner_text("main")
        for ends in ("マイページ", "デジタル組合員証"):
            assert ends in text
        press(v.page, "stop-service")
        assert v.page.inner_text("h1") == "サービスのご利用を止めました"
        v.look()
        card_says_it_is_over(phone.page, "service_stopped")
        portal_says_it_is_over(v.page, demo, "service_stopped")
        mail = arrived(
            demo, member["email"], lambda mail: "サービス停止のお手続きが完了" in mail["text"]
        )
        assert "新しい登録のご案内が必要です" in mail["text"]
        journey.reach_sign_in(v, demo)
        journey.give_password(v.page, member["email"], member["password"])
        assert v.page.inner_text("h1") == "サービスのご利用は停止されています"
        v.look()


def test_coming_back_takes_a_new_invitation(demo: Demo, chromium: Browser) -> None:
    member = demo.member(index=7)
    go_to(demo, tokyo(2018, 4, 2, 17))
    with POCKET.walking(chromium, demo) as v:
        journey.sign_in(v, demo, member)
        go_to(demo, tokyo(2018, 4, 2, 17, 20))
        follow_to_the_stop(v, demo, member["password"])
        press(v.page, "stop-service")
        invited = demo.idp("invite", member["number"])
        assert invited.returncode == 0, invited.stdout + invited.stderr
        mail = arrived(demo, member["email"], lambda mail: CODE.search(mail["text"]))
        v.page.goto(f"{demo.issuer}/register")
        register(v, demo, CODE.findall(mail["text"])[0], member["number"], member["email"])
