"""A new password is set by whoever reads the mailbox, once, and by nobody else.

Scanners that follow every link use up nothing; codes and links of another purpose, procedure or
time prove nothing; however many try at once, one succeeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from idp.bootstrap import prepare
from idp.proving.model import Purpose
from idp.settings import read_settings
from tests.flows.journey import signed_in
from tests.recovery.steps import NEW, ask, form_of, mailed, set_with, signs_in
from tests.support.demo import Demo, running_demo
from tests.support.mailbox import Mailbox
from tests.support.parties import PARTIES, forward, write_policies
from tests.support.relying_party import Browser


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = Path(tmp_path_factory.mktemp("reset-theft"))
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--workers", "2", "--policies", str(policies)) as running:
        yield running


def test_scanners_that_follow_the_link_use_up_nothing(demo: Demo) -> None:
    member = demo.member(index=0)
    *_, link = mailed(demo, member["email"])
    for _ in range(5):
        requests.head(link, timeout=30)
        requests.get(link, timeout=30)
        requests.get(link, headers={"Purpose": "prefetch", "Sec-Purpose": "prefetch"}, timeout=30)
        requests.options(link, timeout=30)
        assert requests.post(link, timeout=30).status_code == 405
    browser = Browser(demo.issuer)
    browser.get(link)
    assert set_with(browser, browser.get("/recover/password")).status_code == 303


def together(count: int, act: object) -> list[int]:
    """Do something in as many threads at once; answers the statuses."""
    with ThreadPoolExecutor(count) as crowd:
        return list(crowd.map(act, range(count)))  # type: ignore[arg-type]


def test_a_hundred_at_once_with_one_code_set_one_password(demo: Demo) -> None:
    member = demo.member(index=1)
    browser, page, code, _ = mailed(demo, member["email"])
    box = Mailbox(demo, member["email"])
    cookies = browser.http.cookies.get_dict()
    form = form_of(page, "reset-password") | {"code": code}

    def send(number: int) -> int:
        password = f"{NEW} {number:03d}"
        sent = form | {"new_password": password, "new_password_again": password}
        answer = requests.post(
            f"{demo.issuer}/recover/password",
            data=sent,
            cookies=cookies,
            allow_redirects=False,
            timeout=120,
        )
        return answer.status_code

    statuses = together(100, send)
    assert sorted(set(statuses)) == [303, 401]
    assert statuses.count(303) == 1
    assert signs_in(demo, member["email"], f"{NEW} {statuses.index(303):03d}")
    box.next("パスワード変更")
    assert box.new() == []


def test_a_hundred_at_once_with_one_link_set_one_password(demo: Demo) -> None:
    member = demo.member(index=2)
    *_, link = mailed(demo, member["email"])
    browser = Browser(demo.issuer)
    browser.get(link)
    form = form_of(browser.get("/recover/password"), "reset-password")
    cookies = browser.http.cookies.get_dict()

    def send(number: int) -> int:
        password = f"{NEW} {number:03d}"
        sent = form | {"new_password": password, "new_password_again": password}
        answer = requests.post(
            f"{demo.issuer}/recover/password",
            data=sent,
            cookies=cookies,
            allow_redirects=False,
            timeout=120,
        )
        return answer.status_code

    statuses = together(100, send)
    assert statuses.count(303) == 1
    assert set(statuses) <= {303, 401}
    assert signs_in(demo, member["email"], f"{NEW} {statuses.index(303):03d}")


def test_guessing_a_code_stops_and_the_link_goes_on(demo: Demo) -> None:
    member = demo.member(index=3)
    browser, page, code, link = mailed(demo, member["email"])
    for _ in range(5):
        wrong = f"{(int(code) + 7) % 10**8:08d}"
        assert set_with(browser, page, code=wrong).status_code == 401
    assert set_with(browser, page, code=code).status_code == 401, "the procedure's tries are used"
    for _ in range(4):  # other browsers have tries of their own, up to the account's
        other, other_page, other_code, _ = mailed(demo, member["email"])
        for _ in range(5):
            wrong = f"{(int(other_code) + 7) % 10**8:08d}"
            set_with(other, other_page, code=wrong)
    last, last_page, last_code, _ = mailed(demo, member["email"])
    assert set_with(last, last_page, code=last_code).status_code == 401, "so are the account's"
    visitor = Browser(demo.issuer)
    visitor.get(link)
    assert set_with(visitor, visitor.get("/recover/password")).status_code == 303


def test_a_code_is_good_in_its_own_procedure_only(demo: Demo) -> None:
    mine, victim = demo.member(index=4), demo.member(index=5)
    _, _, code, _ = mailed(demo, mine["email"])
    thief = Browser(demo.issuer)
    page = ask(thief, victim["email"])
    assert set_with(thief, page, code=code).status_code == 401
    assert set_with(thief, page, code=code, flow="x" * 43).status_code == 401
    assert signs_in(demo, victim["email"], victim["password"])


def test_secrets_for_another_purpose_set_no_password(demo: Demo) -> None:
    member = demo.member(index=6)
    f = prepare(read_settings({"IDP_DATA": str(demo.data)}))
    browser = Browser(demo.issuer)
    page = ask(browser, member["email"])
    flow = form_of(page, "reset-password")["flow"]
    now = f.clock.now()
    with f.database.read() as tx:
        found = tx.text(
            "SELECT subject FROM account WHERE address = :a", {"a": member["email"]}
        ).fetchone()
    for purpose in Purpose:
        if purpose is Purpose.RESET:
            continue
        with f.database.begin() as tx:
            issued = f.proving.issue(
                tx,
                purpose,
                flow,
                now,
                f.policy.policy.recovery.reset_lifetime.delta,
                subject=found[0],
                address=member["email"],
            )
        assert Browser(demo.issuer).get(f"/recover/{issued.link}").status_code == 410
        planted = Browser(demo.issuer)
        form = form_of(planted.get("/recover"), "reset-request")
        planted.http.cookies.set("kumiai_idp_link", issued.link)
        sent = form | {"new_password": NEW, "new_password_again": NEW}
        assert planted.post("/recover/password", sent).status_code == 401
        assert set_with(browser, page, code=issued.code).status_code in (400, 401)
    f.database.dispose()
    assert signs_in(demo, member["email"], member["password"])


def test_a_secret_dies_with_the_credentials_it_was_asked_for(demo: Demo) -> None:
    member = demo.member(index=7)
    browser, page, code, _ = mailed(demo, member["email"])
    *_, link = mailed(demo, member["email"])
    visitor = Browser(demo.issuer)
    visitor.get(link)
    opened = visitor.get("/recover/password")
    assert set_with(browser, page, code=code).status_code == 303
    assert set_with(visitor, opened).status_code == 401
    assert set_with(browser, page, code=code).status_code == 401, "nor is it good twice"


def test_a_blocked_member_s_secret_sets_nothing(demo: Demo) -> None:
    member = demo.member(index=8)
    browser, page, code, _ = mailed(demo, member["email"])
    done = demo.idp("account", "block", member["number"], "--reason", "for a test")
    assert done.returncode == 0
    assert set_with(browser, page, code=code).status_code == 401
    assert demo.idp("account", "restore", member["number"], "--reason", "test").returncode == 0


def test_a_foreign_page_cannot_set_a_password_with_a_victim_s_link(demo: Demo) -> None:
    member = demo.member("leaving")
    *_, link = mailed(demo, member["email"])
    browser = Browser(demo.issuer)
    browser.get(link)
    form = {"new_password": NEW, "new_password_again": NEW}
    assert browser.post("/recover/password", form).status_code == 403
    token = form_of(browser.get("/recover/password"), "reset-password")
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert browser.post("/recover/password", token | form, headers=foreign).status_code == 403
    assert set_with(browser, browser.get("/recover/password")).status_code == 303


def test_a_reset_in_a_signed_in_browser_signs_it_out(demo: Demo) -> None:
    member = demo.member("leaving", 1)
    index = next(
        i
        for i, one in enumerate(m for m in demo.facts["members"] if m["standing"] == "leaving")
        if one["email"] == member["email"]
    )
    browser = signed_in(demo, index, "leaving")
    box = Mailbox(demo, member["email"])
    page = ask(browser, member["email"])
    code = box.next("パスワード再設定")["code"]
    assert set_with(browser, page, code=code).status_code == 303
    assert browser.get("/account").headers["Location"].startswith("/sign-in")
    forward(demo, 3600)


@pytest.mark.parametrize(
    "link", ["x", "x.y", "a" * 16 + "." + "b" * 22, "é.ü", "%00.%00", "a" * 5000, "../x", "a.b.c"]
)
def test_broken_links_get_a_clear_page(demo: Demo, link: str) -> None:
    answer = Browser(demo.issuer).get(f"/recover/{link}")
    assert answer.status_code in (404, 410, 414)
    assert "Traceback" not in answer.text
