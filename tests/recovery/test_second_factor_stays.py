"""F3, the end of it: a new password is one factor, and the second is asked for as before."""

from __future__ import annotations

from tests.recovery.steps import NEW, mailed, set_with
from tests.support.demo import Demo
from tests.support.factors import send, set_up_app
from tests.support.relying_party import Browser


def test_the_second_factor_is_still_asked_for(demo: Demo) -> None:
    member = demo.member()
    at_home = Browser(demo.issuer)
    assert at_home.sign_in(member["email"], member["password"]).status_code == 303
    app = set_up_app(at_home, float(demo.clock.read_text()))
    browser, page, code, _ = mailed(demo, member["email"])
    assert set_with(browser, page, code=code).status_code == 303
    answer = at_home.sign_in(member["email"], NEW)
    assert answer.headers["Location"].startswith("/sign-in/verify?"), "no browser is known any more"
    page = at_home.get(answer.headers["Location"])
    assert at_home.get("/account").headers["Location"].startswith("/sign-in")
    assert send(at_home, page.text, "verification-code", code=app.code()).status_code == 303
    assert at_home.get("/account").status_code == 200
