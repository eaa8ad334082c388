"""A code works once, within its time, however it is written and wherever it is typed.

CVE-2025-6014 and CVE-2021-45331 (a code worked again), CVE-2026-20779 (again on a second surface),
CVE-2024-7318 (a code worked longer than it should).
"""

from __future__ import annotations

from tests.attacks.people import Person
from tests.attacks.visitor import Visitor, visitor
from tests.support.demo import Demo
from tests.support.factors import App, send, set_up_app
from tests.support.in_process import InProcess
from tests.support.parties import forward, now, offset

STEP = 30


def with_app(attacked: Demo, inside: InProcess, person: Person) -> tuple[Visitor, App]:
    browser = visitor(inside)
    assert browser.sign_in(person.email, person.password).status_code == 303
    return browser, set_up_app(browser, offset(attacked))


def typed(inside: InProcess, person: Person, code: str) -> int:
    """Type a code at a sign-in in a new browser."""
    browser = visitor(inside)
    step = browser.sign_in(person.email, person.password).headers["Location"]
    page = browser.get(step).text
    return int(send(browser, page, "verification-code", code=code).status_code)


def at_the_start_of_a_step(attacked: Demo, app: App) -> None:
    """Move on to where no step ends for a while, and past the one used when the app was set up."""
    forward(attacked, 300 + STEP - now(attacked) % STEP)
    app.offset = offset(attacked)


def wide(code: str) -> str:
    return "".join(chr(ord(digit) + 0xFEE0) for digit in code)


def test_a_used_code_in_another_spelling_is_the_same_code(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    _, app = with_app(attacked, inside, person)
    at_the_start_of_a_step(attacked, app)
    code = app.code(0)
    assert typed(inside, person, f"{code[:3]} {code[3:]}") == 303
    for again in (code, f" {code}", wide(code), " ".join(code)):
        assert typed(inside, person, again) == 401, again
    forward(attacked, 31 * 60)
    app.offset = offset(attacked)
    assert typed(inside, person, f"\u3000{wide(app.code(0))}") == 303, "a new one is good"


def test_recovery_codes_the_same(attacked: Demo, inside: InProcess, person: Person) -> None:
    _, app = with_app(attacked, inside, person)
    code = app.recovery_codes[0]
    assert typed(inside, person, code) == 303
    for again in (code.lower(), code.replace("-", ""), code.replace("-", " "), wide(code)):
        assert typed(inside, person, again) == 401, again
    assert typed(inside, person, app.recovery_codes[1].lower().replace("-", "")) == 303


def test_a_code_of_one_page_is_used_up_on_all(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    at_home, app = with_app(attacked, inside, person)
    at_the_start_of_a_step(attacked, app)

    def again(code: str) -> int:
        page = at_home.get("/reauthenticate?next=/account/security").text
        return int(send(at_home, page, "re-authenticate", code=code).status_code)

    assert typed(inside, person, app.code(0)) == 303
    assert again(app.code(0)) == 401
    assert again(app.code(1)) == 303
    assert typed(inside, person, app.code(1)) == 401
    assert again(app.code(0)) == 401, "nor does an older one come back"


def test_a_code_is_good_in_its_own_step_and_one_to_either_side(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    _, app = with_app(attacked, inside, person)
    at_the_start_of_a_step(attacked, app)
    for steps in (-3, -2, 2, 3):
        assert typed(inside, person, app.code(steps)) == 401, steps
    for steps in (-1, 0, 1):
        assert typed(inside, person, app.code(steps)) == 303, steps
