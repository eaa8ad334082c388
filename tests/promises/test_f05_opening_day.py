"""F5. 費用は。いつから利用できますか。 What does it cost, and from when can it be used?

The promise: registration is free, and opens on 2017-08-15. An invitation that came before is kept:
until 23:59 in Tokyo on the 14th the page says from when; at 00:00 on the 15th it takes the code,
and the member is registered in a few pages without paying anything.
"""

from __future__ import annotations

from datetime import date

from playwright.sync_api import Browser, expect

from tests.promises.feed import MAIL, PAID, CoreSystem
from tests.promises.mailbox import arrived, link_in
from tests.promises.moments import go_to, tokyo, written
from tests.promises.registering import CODE, register
from tests.promises.ways import Way
from tests.support.demo import Demo

BEGINS = tokyo(2017, 8, 14, 9)
OPENING = written(date(2017, 8, 15))
APPLICANTS = ("00000501", "00000502", "00000503")


def test_it_opens_at_midnight_and_is_free(
    demo: Demo, chromium: Browser, core: CoreSystem, way: Way
) -> None:
    number = APPLICANTS[way.index]
    email = f"first-{way.index}@mihon.example"
    go_to(demo, tokyo(2017, 8, 14, 23, 30))
    core.change(number, **{PAID: "2017-07-31", MAIL: email})
    invited = demo.idp("invite", number)
    assert invited.returncode == 0, invited.stdout + invited.stderr
    mail = arrived(demo, email, lambda mail: CODE.search(mail["text"]))
    assert "登録は無料です" in mail["text"]
    link = link_in(mail, demo, "/register")
    go_to(demo, tokyo(2017, 8, 14, 23, 59))
    with way.walking(chromium, demo) as v:
        for address in (f"{demo.issuer}/register", link):
            v.page.goto(address)
            assert v.page.inner_text("h1") == "ご登録の受付はまだ始まっていません"
            assert OPENING in v.page.inner_text("main")
            assert v.page.locator("main form").count() == 0
        v.look()
        v.page.goto(demo.facts["portal"])
        assert "登録は無料です" in v.page.inner_text("main")
        go_to(demo, tokyo(2017, 8, 15))
        v.page.goto(link)
        expect(v.page.locator("form#register")).to_be_visible()
        register(v, demo, CODE.findall(mail["text"])[0], number, email)
