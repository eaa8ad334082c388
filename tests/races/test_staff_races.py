"""What somebody of the staff shows works once, however many show it at the same moment."""

from __future__ import annotations

from tests.races.conftest import pass_time, rounds
from tests.races.crowd import Answer, Crowd, Shot
from tests.support.crowds import MANY
from tests.support.demo import Demo
from tests.support.factors import fields_of, send
from tests.support.relying_party import Browser
from tests.support.staff import STAFF, add_staff, code, staff_of, to_code

CROWD = MANY
AT_THE_CODE = 20


def cookies_of(browser: Browser) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{c.name}={c.value}" for c in browser.http.cookies)}


def fire(demo: Demo, opened: list[tuple[Browser, str]], typed: str) -> list[Answer]:
    shots = []
    for number in range(CROWD):
        browser, page = opened[number % len(opened)]
        form = fields_of(page, "verification-code") | {"code": typed}
        shots.append(Shot("POST", "/staff/verify", form, cookies_of(browser)))
    return Crowd(demo.issuer).fire(shots)


def test_one_code_of_the_app_gets_one_of_many_in(demo: Demo) -> None:
    # CVE-2021-43177: a code worked twice.
    account = staff_of(demo, "security")
    for _ in rounds(10, 2):
        pass_time(demo, 3600)
        opened = [to_code(demo, account) for _ in range(AT_THE_CODE)]
        answers = fire(demo, opened, code(demo, account["totp_secret"]))
        assert {one.status for one in answers} <= {303, 400, 401}
        assert sum(one.status == 303 for one in answers) == 1
        assert sum(one.cookie(STAFF) is not None for one in answers) == 1


def test_one_sign_in_in_progress_becomes_one_session(demo: Demo) -> None:
    account = staff_of(demo, "administrator")
    for _ in rounds(10, 2):
        pass_time(demo, 3600)
        answers = fire(demo, [to_code(demo, account)], code(demo, account["totp_secret"]))
        assert sum(one.status == 303 for one in answers) == 1


def test_one_link_sets_up_one_app(demo: Demo) -> None:
    for number in rounds(5, 1):
        name = f"renda{number}-{int(float(demo.clock.read_text()))}"
        link = add_staff(demo, name, "clerk")["link"]
        browser = Browser(demo.issuer)
        page = browser.follow(browser.get(link.removeprefix(demo.issuer))).text
        new = "mado kara mieru yama 5"
        send(browser, page, "enrol", new_password=new, new_password_again=new)
        page = browser.get("/staff/enrol/app").text
        groups = page.split('id="secret">')[1].split("</p>")[0].split("<span>")[1:]
        secret = "".join(group.partition("<")[0] for group in groups)
        form = fields_of(page, "confirm-app") | {"code": code(demo, secret)}
        shots = [Shot("POST", "/staff/enrol/app", form, cookies_of(browser))] * CROWD
        answers = Crowd(demo.issuer).fire(shots)
        assert sum(one.status == 303 for one in answers) == 1
        assert {one.status for one in answers} <= {303, 401, 410}
