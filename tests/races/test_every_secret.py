"""500 parallel guesses at any secret are worth its limit, never one more: every kind, two workers.

CVE-2024-32868 (passwords were limited and codes were not) and CVE-2024-4629 (failures were counted
after the check) together. What was looked at is read from the metric. The same while Redis is
killed and comes back empty again and again: the limits on secrets stand in SQL and do not notice.
"""

from __future__ import annotations

import base64
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.races.browsers import DEVICE, SESSION
from tests.races.conftest import pass_time, rounds
from tests.races.crowd import Crowd, Shot
from tests.races.test_factor_races import steps
from tests.recovery.steps import mailed
from tests.registration.registrant import Person, feed, invitation_in, mail_to
from tests.support.crowds import BURST
from tests.support.demo import Demo, running_demo
from tests.support.factors import fields_of, set_up_app, turn_off_app
from tests.support.mailbox import codes_to, newest_code
from tests.support.parties import PARTIES, write_policies
from tests.support.relying_party import Browser, hidden_fields
from tests.support.servers import PostgresServer, RedisServer, running_redis
from tests.support.staff import add_staff, staff_of, to_code

CROWD = BURST
A_DAY_AND_AN_HOUR = 25 * 3600
KILLS = 10


@dataclass
class Guesses:
    """The shots of one round, and what undoes the scene."""

    secret: str
    limit: int
    shots: list[Shot]
    after: Callable[[], None] = field(default=lambda: None)


def browser_of(demo: Demo, index: int) -> tuple[Browser, dict[str, str]]:
    member, browser = demo.member(index=index), Browser(demo.issuer)
    assert browser.sign_in(member["email"], member["password"]).status_code == 303
    return browser, member


def cookies_of(browser: Browser) -> dict[str, str]:
    names = (DEVICE, SESSION)
    return {
        "Cookie": "; ".join(f"{c.name}={c.value}" for c in browser.http.cookies if c.name in names)
    }


def typed_code(demo: Demo, kind: str) -> Guesses:
    """Codes of an app, or recovery codes, from twenty new browsers."""
    browser, member = browser_of(demo, 0)
    set_up_app(browser, offset=float(demo.clock.read_text()))
    opened = steps(demo, member, 20)

    def wrong() -> str:
        if kind == "totp":
            return f"{secrets.randbelow(10**6):06d}"
        return "".join(secrets.choice("0123456789ABCDEF") for _ in range(16))

    shots = []
    for number in range(CROWD):
        cookie, fields = opened[number % len(opened)]
        shots.append(
            Shot("POST", "/sign-in/verify", fields | {"code": wrong()}, {"Cookie": cookie})
        )
    return Guesses(kind, 5, shots, lambda: turn_off_app(browser))


def mail_code(demo: Demo) -> Guesses:
    browser, member = browser_of(demo, 2)
    page = browser.get("/account/security").text
    browser.post("/account/security/mail", fields_of(page, "mail-codes"))
    before = len(codes_to(demo, member["email"]))
    ((cookie, fields),) = steps(demo, member, 1)
    right = newest_code(demo, member["email"], more_than=before)
    wrong = [code for code in (f"{n:06d}" for n in range(CROWD + 1)) if code != right]
    shots = [
        Shot("POST", "/sign-in/verify", fields | {"code": code}, {"Cookie": cookie})
        for code in wrong[:CROWD]
    ]

    def turn_off() -> None:
        page = browser.get("/account/security").text
        browser.post("/account/security/mail", fields_of(page, "mail-codes"))

    return Guesses("mailed_sign_in", 5, shots, turn_off)


def reset_code(demo: Demo) -> Guesses:
    browser, page, code, _ = mailed(demo, demo.member(index=1)["email"])
    fields = hidden_fields(page.text.split('id="reset-password"')[1].split("</form>")[0])
    new = {"new_password": "kaba no hirune 8 mikan", "new_password_again": "kaba no hirune 8 mikan"}
    wrong = [one for one in (f"{n:08d}" for n in range(CROWD + 1)) if one != code][:CROWD]
    path = "/recover/password"
    shots = [Shot("POST", path, fields | new | {"code": one}, _all(browser)) for one in wrong]
    return Guesses("mailed_reset", 5, shots)


def reset_link(demo: Demo) -> Guesses:
    # Not the member of `reset_code`: a mailbox gets eight mails in an hour that no clock moves.
    browser, _, _, link = mailed(demo, demo.member(index=2)["email"])
    path = "/recover/" + link.rsplit("/recover/", 1)[1]
    selector = path.split(".", 1)[0]
    page = browser.follow(browser.get(f"{selector}.{secrets.token_urlsafe(16)}"))
    fields = hidden_fields(page.text.split('id="reset-password"')[1].split("</form>")[0])
    new = {"new_password": "kaba no hirune 8 mikan", "new_password_again": "kaba no hirune 8 mikan"}
    shot = Shot("POST", "/recover/password", fields | new, _all(browser))
    return Guesses("mailed_reset", 5, [shot] * CROWD)


def _all(browser: Browser) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{c.name}={c.value}" for c in browser.http.cookies)}


def invitation(demo: Demo) -> Guesses:
    number = f"{secrets.randbelow(10**7) + 70_000_000:08d}"
    person = Person(number, email=f"p{number}@mihon.example")
    feed(demo, [person], "2010-04-01")
    invited = demo.idp("invite", number)
    assert invited.returncode == 0, invited.stdout + invited.stderr
    code = invitation_in(mail_to(demo, person.email))
    browser = Browser(demo.issuer)
    fields = hidden_fields(browser.get("/register").text)
    last = "2" if code[-1] != "2" else "3"
    typed = {
        "invitation_code": code[:-1] + last,
        "member_number": number,
        "birth_date": "1985-04-01",
    }
    shot = Shot("POST", "/register", fields | typed, _all(browser))
    return Guesses("invitation", 5, [shot] * CROWD)


def reauthentication(demo: Demo) -> Guesses:
    browser, _ = browser_of(demo, 1)
    fields = fields_of(browser.get("/reauthenticate?next=/account/stop").text, "re-authenticate")
    shots = [
        Shot("POST", "/reauthenticate", fields | {"password": f"guess {n}"}, cookies_of(browser))
        for n in range(CROWD)
    ]
    return Guesses("password", 5, shots)


def client_secret(demo: Demo) -> Guesses:
    wrong = base64.b64encode(b"desk:" + b"w" * 43).decode()
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    shot = Shot("POST", "/token", form, {"Authorization": f"Basic {wrong}"})
    return Guesses("client_secret", 20, [shot] * CROWD)


def scim_token(demo: Demo) -> Guesses:
    wrong = "kumiai-scim-" + secrets.token_urlsafe(32)
    shot = Shot("GET", "/scim/v2/Users", {}, {"Authorization": f"Bearer {wrong}"})
    return Guesses("scim_token", 20, [shot] * CROWD)


def staff_password(demo: Demo) -> Guesses:
    browser = Browser(demo.issuer)
    fields = fields_of(browser.get("/staff/sign-in").text, "sign-in")
    typed = fields | {"username": staff_of(demo, "helpdesk")["email"]}
    shots = [
        Shot("POST", "/staff/sign-in", typed | {"password": f"guess {n}"}, _all(browser))
        for n in range(CROWD)
    ]
    return Guesses("staff_password", 5, shots)


def staff_code(demo: Demo) -> Guesses:
    """Codes of the app of somebody of the staff, from twenty new browsers."""
    opened = [to_code(demo, staff_of(demo, "clerk")) for _ in range(20)]
    shots = []
    for number in range(CROWD):
        browser, page = opened[number % len(opened)]
        typed = fields_of(page, "verification-code") | {"code": f"{secrets.randbelow(10**6):06d}"}
        shots.append(Shot("POST", "/staff/verify", typed, _all(browser)))
    return Guesses("staff_totp", 5, shots)


def staff_link(demo: Demo) -> Guesses:
    link = add_staff(demo, f"s{secrets.token_hex(4)}", "clerk")["link"].removeprefix(demo.issuer)
    browser = Browser(demo.issuer)
    browser.get(f"{link.partition('.')[0]}.{secrets.token_urlsafe(16)}")
    shot = Shot("GET", "/staff/enrol", {}, _all(browser))
    return Guesses("staff_enrolment", 5, [shot] * CROWD)


KINDS: dict[str, Callable[[Demo], Guesses]] = {
    "totp": lambda demo: typed_code(demo, "totp"),
    "recovery code": lambda demo: typed_code(demo, "recovery_code"),
    "mail code": mail_code,
    "reset code": reset_code,
    "reset link": reset_link,
    "invitation": invitation,
    "reauthentication": reauthentication,
    "client secret": client_secret,
    "scim token": scim_token,
    "staff password": staff_password,
    "staff code": staff_code,
    "staff link": staff_link,
}


@pytest.fixture(scope="module")
def redis() -> Any:
    with running_redis() as server:
        yield server


@pytest.fixture(scope="module", params=["sqlite", "postgresql+redis"])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("secrets")
    arguments = ["--workers", "2"]
    arguments += ["--policies", str(write_policies(folder / "policies", {"desk": PARTIES["desk"]}))]
    if request.param != "sqlite":
        server: PostgresServer = request.getfixturevalue("postgres")
        redis: RedisServer = request.getfixturevalue("redis")
        arguments += ["--database", server.new_database("secrets"), "--redis", redis.url]
    with running_demo(folder, *arguments) as running:
        yield running


def checked(demo: Demo, secret: str) -> float:
    return demo.metric("gate_verifications_total", secret=secret)


def attack(demo: Demo, kind: str) -> None:
    """Guess with the whole crowd at once; exactly the limit is looked at, and nobody gets in."""
    pass_time(demo, A_DAY_AND_AN_HOUR)
    guesses = KINDS[kind](demo)
    before = checked(demo, guesses.secret)
    answers = Crowd(demo.issuer).fire(guesses.shots, within=120.0)
    seen = Counter(answer.status for answer in answers)
    assert checked(demo, guesses.secret) - before == guesses.limit, seen
    # 503: on a busy machine the queue is full; nothing was counted then, as the line above says.
    assert set(seen) <= {400, 401, 410, 422, 429, 503}, seen
    assert all(answer.cookie(SESSION) is None for answer in answers)
    guesses.after()


@pytest.mark.parametrize("kind", KINDS)
def test_a_crowd_of_wrong_guesses_is_looked_at_exactly_as_often_as_the_limit_says(
    demo: Demo, kind: str
) -> None:
    for _ in rounds(5, 1):
        attack(demo, kind)


@contextmanager
def dying(redis: RedisServer) -> Any:
    """Kill Redis and start it empty, again and again, for as long as the block lasts."""
    over = threading.Event()
    kills = []

    def kill() -> None:
        while not over.is_set() and len(kills) < KILLS:
            redis.kill()
            kills.append(time.monotonic())
            over.wait(0.15)
            redis.start()
            over.wait(0.15)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield kills
    finally:
        over.set()
        thread.join()
        if redis.process is None or redis.process.poll() is not None:
            redis.start()


@pytest.mark.parametrize("kind", ["totp", "reset code", "reauthentication", "client secret"])
@pytest.mark.parametrize("demo", ["postgresql+redis"], indirect=True)
def test_a_redis_that_dies_again_and_again_gives_no_guess_more(
    demo: Demo, redis: RedisServer, kind: str
) -> None:
    with dying(redis) as kills:
        for _ in rounds(5, 1):
            attack(demo, kind)
    assert kills
