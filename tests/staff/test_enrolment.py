"""One-time links: good once, for their person, and nothing changes before the app's first code."""

from __future__ import annotations

import json

from tests.support.demo import Demo
from tests.support.factors import send
from tests.support.relying_party import Browser
from tests.support.staff import add_staff, enrol, new_staff, sign_in, type_password

GOOD = "mado kara mieru yama 5"


def opened(demo: Demo, link: str) -> tuple[Browser, str, int]:
    browser = Browser(demo.issuer)
    answer = browser.follow(browser.get(link.removeprefix(demo.issuer)))
    return browser, answer.text, answer.status_code


def test_a_link_sets_an_account_up_once(demo: Demo) -> None:
    added = add_staff(demo, "hajimete", "clerk")
    link = added["link"]
    for _ in range(3):  # mail scanners and curious people look: nothing is used up (CWE-352)
        assert opened(demo, link)[2] == 200
    made = enrol(demo, link, GOOD)
    browser = sign_in(demo, made | {"email": added["address"]})
    assert "架空 例" in browser.get("/staff").text
    assert opened(demo, link)[2] == 410


def test_a_link_stands_in_no_address_and_no_log(demo: Demo) -> None:
    added = add_staff(demo, "himitsu", "clerk")
    secret = added["link"].rpartition(".")[2]
    browser, page, _ = opened(demo, added["link"])
    assert secret not in page
    assert browser.get("/staff/enrol").status_code == 200
    enrol(demo, added["link"], GOOD)
    for log in (demo.data / "logs").glob("*.log"):
        assert secret not in log.read_text("utf-8", "replace")
    found = demo.idp("audit", "search", "--subject", added["id"], "--format", "json").stdout
    assert secret not in found


def test_an_account_without_app_cannot_sign_in(demo: Demo) -> None:
    added = add_staff(demo, "tochuu", "clerk")
    browser, page, _ = opened(demo, added["link"])
    answer = send(browser, page, "enrol", new_password=GOOD, new_password_again=GOOD)
    assert answer.headers["Location"] == "/staff/enrol/app"
    assert type_password(Browser(demo.issuer), added["address"], GOOD).status_code == 401


def test_a_weak_password_or_two_different_ones_are_refused(demo: Demo) -> None:
    added = add_staff(demo, "yowai", "clerk")
    browser, page, _ = opened(demo, added["link"])
    for first, second in (("short", "short"), ("password1234", "password1234"), (GOOD, GOOD + "x")):
        answer = send(browser, page, "enrol", new_password=first, new_password_again=second)
        assert answer.status_code == 400
        assert 'aria-invalid="true"' in answer.text
        assert first not in answer.text.replace(GOOD, "")


def test_guessed_links_are_limited_and_look_the_same(demo: Demo) -> None:
    added = add_staff(demo, "ateru", "clerk")
    selector = added["link"].rpartition("/")[2].partition(".")[0]
    before = demo.metric("gate_verifications_total", secret="staff_enrolment")
    for number in range(7):
        answer = opened(demo, f"{demo.issuer}/staff/enrol/{selector}.{number:022d}")
        assert answer[2] == 410
    assert demo.metric("gate_verifications_total", secret="staff_enrolment") - before == 5
    assert opened(demo, added["link"])[2] == 410, "and the right one is not looked at either"


def test_a_later_link_ends_the_one_before(demo: Demo) -> None:
    added = add_staff(demo, "nidome", "clerk")
    again = demo.idp("staff", "enrol", added["id"], "--reason", "lost", "--format", "json")
    assert opened(demo, added["link"])[2] == 410
    assert opened(demo, json.loads(again.stdout)["link"])[2] == 200


def test_a_link_ends_after_its_time(demo: Demo) -> None:
    added = add_staff(demo, "osoi", "clerk")
    demo.move_clock(float(demo.clock.read_text()) + 72 * 3600 + 1)
    assert opened(demo, added["link"])[2] == 410


def test_what_is_in_force_stays_until_the_new_app_is_confirmed(demo: Demo) -> None:
    account = new_staff(demo, "kikikae", "clerk")
    browser = sign_in(demo, account)
    again = demo.idp("staff", "enrol", account["id"], "--reason", "new phone", "--format", "json")

    def still_in() -> None:
        assert browser.get("/staff").status_code == 200

    made = enrol(demo, json.loads(again.stdout)["link"], GOOD, still_in)
    assert browser.get("/staff").status_code == 303, "a new password ends every session"
    old = type_password(Browser(demo.issuer), account["email"], account["password"])
    assert old.status_code == 401
    sign_in(demo, made | {"email": account["email"]})
