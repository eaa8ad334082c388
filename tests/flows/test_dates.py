"""When access ends: from midnight in Tokyo on, and from a stop or a block on, nothing is given.

One member is signed in everywhere before; then the clock (or an operator) moves, and every door is
tried: the password, the old session, an old code, an old refresh token, an old access token.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.flows.journey import code_for, signed_in, silently, title_of, tokens_for
from tests.support.demo import Demo, running_demo, wait_until
from tests.support.parties import PARTIES, now, offset, party, write_policies
from tests.support.relying_party import Browser, Client, Pkce, claims_of

TOKYO = ZoneInfo("Asia/Tokyo")
TITLES = {
    "membership_ended": "組合員としてのご利用は終わりました",
    "service_stopped": "サービスのご利用は停止されています",
    "blocked": "ただいまご利用を止めています",
}
FAILED = "ログインできませんでした"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own: these tests walk over midnight with it."""
    folder = Path(tmp_path_factory.mktemp("dates"))
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as running:
        yield running


@dataclass
class Holder:
    """A member who holds one of everything, in a browser that stays open."""

    demo: Demo
    member: dict[str, str]
    browser: Browser
    desk: Client
    card: Client
    pkce: Pkce
    code: str
    desk_tokens: dict[str, Any]
    card_tokens: dict[str, Any]

    def refused_everywhere(self, reason: str) -> None:
        """Show that every door is closed, and that holders of real tokens are told why."""
        desk, card = self.desk, self.card
        assert silently(self.browser, desk)["error"] == "login_required"
        assert 'id="sign-in"' in self.browser.authorize(**desk.request(Pkce())).text
        assert self.browser.get("/account").status_code == 303
        redeemed = desk.exchange(self.code, self.pkce)
        assert redeemed.status_code == 400
        assert redeemed.json() == {"error": "invalid_grant", "error_description": reason}
        for client, tokens in ((desk, self.desk_tokens), (card, self.card_tokens)):
            refreshed = client.refresh(tokens["refresh_token"])
            assert refreshed.status_code == 400
            assert refreshed.json() == {"error": "invalid_grant", "error_description": reason}
            shown = client.userinfo(tokens["access_token"])
            assert shown.status_code == 401
            assert shown.json() == {"error": "invalid_token", "error_description": reason}
            assert f'error_description="{reason}"' in shown.headers["WWW-Authenticate"]
        self.sign_in_tells_only_who_has_the_password(reason)

    def sign_in_tells_only_who_has_the_password(self, reason: str) -> None:
        fresh = Browser(self.demo.issuer)
        wrong = fresh.sign_in(self.member["email"], "not the password")
        assert (wrong.status_code, title_of(wrong)) == (401, FAILED)
        right = fresh.sign_in(self.member["email"], self.member["password"])
        assert (right.status_code, title_of(right)) == (403, TITLES[reason])
        assert fresh.cookie("kumiai_idp") is None
        assert self.member["number"] not in right.text

    def served_everywhere(self) -> None:
        """Show that every door is still open."""
        assert "code" in silently(self.browser, self.desk)
        assert self.browser.get("/account").status_code == 200
        assert self.desk.userinfo(self.desk_tokens["access_token"]).status_code == 200
        for client, tokens in ((self.desk, self.desk_tokens), (self.card, self.card_tokens)):
            refreshed = client.refresh(tokens["refresh_token"])
            assert refreshed.status_code == 200
            tokens.update(refreshed.json())
        answer = Browser(self.demo.issuer).sign_in(self.member["email"], self.member["password"])
        assert answer.status_code == 303


def holder(demo: Demo, index: int, standing: str = "member") -> Holder:
    """Sign a member in to everything."""
    browser, desk, card = signed_in(demo, index, standing), party(demo, "desk"), party(demo, "card")
    pkce = Pkce()
    return Holder(
        demo=demo,
        member=demo.member(standing, index),
        browser=browser,
        desk=desk,
        card=card,
        pkce=pkce,
        desk_tokens=tokens_for(browser, desk),
        card_tokens=tokens_for(browser, card, scope="openid profile offline_access"),
        code=code_for(browser, desk, pkce),
    )


def portal_of(demo: Demo, person: Holder) -> Browser:
    """Open the portal in the member's browser; no second sign-in is asked for."""
    portal = Browser(demo.facts["portal"], http=person.browser.http)
    response = portal.get("/sign-in")
    for _ in range(6):
        if "Location" not in response.headers:
            break
        target = requests.compat.urljoin(response.url, response.headers["Location"])  # type: ignore[attr-defined]
        response = portal.get(target)
    assert person.member["number"] in portal.get("/").text
    return portal


def portal_says(portal: Browser, reason: str) -> str:
    """Look at the portal's first page until it says, once, why it is over; answers the page."""
    page = wait_until(
        lambda: (text := portal.get("/").text) and "data-reason=" in text and text, 20
    )
    assert f'data-reason="{reason}"' in page
    return str(page)


def card_is_live(demo: Demo, person: Holder) -> bool:
    """Ask the card's server part about the member's session."""
    sid = claims_of(person.card_tokens["id_token"])["sid"]
    url = f"{demo.facts['card']}/session-state"
    return bool(requests.get(url, params={"sid": sid}, timeout=30).json()["live"])


def clock_to(demo: Demo, moment: datetime) -> None:
    """Set the demo's clock to an instant."""
    demo.move_clock(
        offset(demo) + (moment - datetime.fromtimestamp(now(demo), UTC)).total_seconds()
    )


def today(demo: Demo) -> date:
    return datetime.fromtimestamp(now(demo), TOKYO).date()


def replan(demo: Demo, number: str, column: str, day: date | None, folder: Path) -> None:
    """Import the register again with one date of one member changed, as the core system would."""
    from demo.register import register_csv

    lines = list(csv.reader(io.StringIO(register_csv(today(demo)).decode("utf-8-sig"))))
    titles = lines[0]
    row = next(line for line in lines[1:] if line[0] == number)
    row[titles.index(column)] = day.isoformat() if day else ""
    text = io.StringIO()
    csv.writer(text).writerows([titles, row])
    file = folder / "register.csv"
    file.write_text(text.getvalue(), "utf-8")
    done = demo.idp("member", "import", str(file), "--apply")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("index", "column"), [(0, "返還予定日"), (1, "出資金返還日")], ids=["planned", "refunded"]
)
def test_access_ends_at_midnight_in_tokyo_on_the_day_of_the_refund(
    demo: Demo, tmp_path: Path, index: int, column: str
) -> None:
    number, day = demo.member(index=index)["number"], today(demo) + timedelta(days=2)
    clock_to(demo, _midnight(day) - timedelta(hours=1))
    replan(demo, number, column, day, tmp_path)
    clock_to(demo, _midnight(day) - timedelta(seconds=45))
    assert _utc(demo) == "14:59"
    person, other = holder(demo, index), holder(demo, 2)
    portal = portal_of(demo, person)
    person.served_everywhere()
    person.code = code_for(person.browser, person.desk, person.pkce)
    assert card_is_live(demo, person)
    clock_to(demo, _midnight(day))
    assert _utc(demo) == "15:00"
    person.refused_everywhere("membership_ended")
    wait_until(lambda: not card_is_live(demo, person), 20)
    assert number not in portal_says(portal, "membership_ended")
    assert portal.get("/me").status_code != 200
    other.served_everywhere()


def test_no_token_is_issued_beyond_the_known_end(demo: Demo, tmp_path: Path) -> None:
    number, day = demo.member(index=3)["number"], today(demo) + timedelta(days=2)
    replan(demo, number, "返還予定日", day, tmp_path)
    clock_to(demo, _midnight(day) - timedelta(seconds=100))
    tokens = holder(demo, 3).desk_tokens
    assert 60 < tokens["expires_in"] <= 100
    assert claims_of(tokens["id_token"])["exp"] <= _midnight(day).timestamp() + 1


def test_a_plan_that_is_taken_back_gives_access_again(demo: Demo, tmp_path: Path) -> None:
    number, day = demo.member(index=4)["number"], today(demo) + timedelta(days=1)
    replan(demo, number, "返還予定日", day, tmp_path)
    clock_to(demo, _midnight(day) - timedelta(seconds=45))
    person = holder(demo, 4)
    clock_to(demo, _midnight(day) + timedelta(seconds=5))
    person.refused_everywhere("membership_ended")
    replan(demo, number, "返還予定日", None, tmp_path)
    holder(demo, 4).served_everywhere()


def test_a_payment_that_is_taken_back_ends_access_at_once(demo: Demo, tmp_path: Path) -> None:
    person = holder(demo, 5)
    replan(demo, person.member["number"], "出資金入金日", None, tmp_path)
    person.refused_everywhere("membership_ended")


def test_a_stopped_account_gets_nothing_from_that_instant_on(demo: Demo) -> None:
    person, other = holder(demo, 6), holder(demo, 7)
    portal = portal_of(demo, person)
    number = person.member["number"]
    assert demo.idp("account", "stop", number, "--reason", "asked by letter").returncode == 0
    person.refused_everywhere("service_stopped")
    wait_until(lambda: not card_is_live(demo, person), 20)
    portal_says(portal, "service_stopped")
    other.served_everywhere()
    assert demo.idp("account", "restore", number, "--reason", "came back").returncode == 0
    holder(demo, 6).served_everywhere()
    old = person.desk.refresh(person.desk_tokens["refresh_token"])
    assert old.json()["error"] == "invalid_grant", "what ended stays ended"


def test_a_blocked_account_gets_nothing_from_that_instant_on(demo: Demo) -> None:
    person = holder(demo, 7)
    portal, number = portal_of(demo, person), person.member["number"]
    assert demo.idp("account", "block", number, "--reason", "reported stolen").returncode == 0
    person.refused_everywhere("blocked")
    wait_until(lambda: not card_is_live(demo, person), 20)
    portal_says(portal, "blocked")
    assert demo.idp("account", "restore", number, "--reason", "proofed").returncode == 0
    holder(demo, 7).served_everywhere()


@pytest.mark.parametrize(
    ("standing", "reason"), [("former", "membership_ended"), ("stopped", "service_stopped")]
)
def test_who_is_not_a_member_is_told_so_with_the_right_password_only(
    demo: Demo, standing: str, reason: str
) -> None:
    member = demo.member(standing)
    browser = Browser(demo.issuer)
    wrong = browser.sign_in(member["email"], "not the password")
    assert (wrong.status_code, title_of(wrong)) == (401, FAILED)
    right = browser.sign_in(member["email"], member["password"])
    assert (right.status_code, title_of(right)) == (403, TITLES[reason])
    assert browser.get("/account").status_code == 303
    assert silently(browser, party(demo, "desk"))["error"] == "login_required"


def test_an_applicant_can_have_no_account(demo: Demo) -> None:
    number = next(m["number"] for m in demo.facts["members"] if m["standing"] == "applicant")
    made = demo.idp("account", "add", number, "applicant@mihon.example", typed="a long password\n")
    if made.returncode == 0:
        answer = Browser(demo.issuer).sign_in("applicant@mihon.example", "a long password")
        assert (answer.status_code, title_of(answer)) == (403, TITLES["membership_ended"])
    else:
        assert made.returncode == 1
        assert "Traceback" not in made.stderr


def test_a_leaving_member_goes_on_until_the_day(demo: Demo) -> None:
    holder(demo, 0, "leaving").served_everywhere()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=TOKYO).astimezone(UTC)


def _utc(demo: Demo) -> str:
    return datetime.fromtimestamp(now(demo), UTC).strftime("%H:%M")
