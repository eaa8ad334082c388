"""F7. 新しく加入を申し込みました。いつから利用できますか。 I have just applied to join: from when?

The promise: once the capital payment is confirmed one is a member, and the co-op sends instructions
for registering: by mail, or as a printed letter to those whose address it does not know. Before the
payment there is nothing to register with; nobody has to remember to send anything.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.promises.feed import MAIL, PAID, CoreSystem
from tests.promises.mailbox import arrived, mails_to
from tests.promises.moments import tokyo
from tests.promises.registering import (
    CODE,
    give_invitation,
    print_letters,
    printed_code,
    register,
)
from tests.promises.ways import WITHOUT_SCRIPTS, Way
from tests.support.demo import Demo

BEGINS = tokyo(2017, 9, 1, 9)
APPLICANTS = ("00000501", "00000502", "00000503")


def test_the_payment_brings_the_instructions(
    demo: Demo, chromium: Browser, core: CoreSystem, way: Way, tmp_path: Path
) -> None:
    number, by_letter = APPLICANTS[way.index], way is WITHOUT_SCRIPTS
    address = f"new-{way.index}@mihon.example"
    core.change(number, **({PAID: ""} if by_letter else {PAID: "", MAIL: address}))
    too_early = demo.idp("invite", number)
    assert too_early.returncode == 1, too_early.stdout + too_early.stderr
    print_letters(demo, tmp_path / "earlier.pdf")
    with way.walking(chromium, demo) as v:
        v.page.goto(f"{demo.issuer}/register")
        give_invitation(v.page, "ABCD-EFGH-JKMN-PQRS", number, "2003-06-17")
        expect(v.page.locator(".reference .code")).to_be_visible()
        v.look()
        assert mails_to(demo, address) == []
        core.change(number, **{PAID: "2017-08-31"})
        if by_letter:
            code = printed_code(demo, tmp_path / "today.pdf")
        else:
            mail = arrived(demo, address, lambda mail: CODE.search(mail["text"]))
            code = CODE.findall(mail["text"])[0]
        v.page.goto(f"{demo.issuer}/register")
        register(v, demo, code, number, address)
        arrived(demo, address, lambda mail: "ご登録が完了しました" in mail["text"])
