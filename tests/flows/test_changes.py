"""Changes of name, address and telephone number (F11, F12): filed, decided, shown on the day.

From the portal with the member's access token, over the closing days at the end of the year; the
clerk approves by command; both applications show the new name from 00:00 in Japan of the day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.flows.change_scene import (
    NEW_NAME,
    NEW_PHONE,
    clerk,
    commands,
    enter_portal,
    filer,
    mails_to,
    own_fields,
    send_change,
)
from tests.flows.journey import signed_in, tokens_for
from tests.support.demo import Demo, running_demo, wait_until
from tests.support.parties import PARTIES, now, offset, party, write_policies
from tests.support.relying_party import Browser, claims_of, hidden_fields

TOKYO = ZoneInfo("Asia/Tokyo")
F11 = "勤務先の変更は自動受付ができないため"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own: the clock walks over the end of the year."""
    folder = Path(tmp_path_factory.mktemp("changes"))
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as running:
        year = datetime.fromtimestamp(now(running), TOKYO).year
        clock_to(running, datetime(year, 12, 28, 10, tzinfo=TOKYO))
        yield running


def clock_to(demo: Demo, moment: datetime) -> None:
    ahead = (moment - datetime.fromtimestamp(now(demo), UTC)).total_seconds()
    demo.move_clock(offset(demo) + ahead)


def in_tokyo(demo: Demo) -> datetime:
    return datetime.fromtimestamp(now(demo), TOKYO)


def due_after_new_year(demo: Demo) -> str:
    """Tell the third business day after 28 December, as an ISO date."""
    day, count = in_tokyo(demo).date(), 0
    while count < 3:
        day += timedelta(days=1)
        closed = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
        count += day.weekday() < 5 and not closed
    return day.isoformat()


def test_f12_a_new_name_from_the_portal_to_the_card(demo: Demo) -> None:
    member, due = demo.member(), due_after_new_year(demo)
    portal = enter_portal(demo, member)
    shown = send_change(portal, "name", NEW_NAME).text
    assert 'id="received"' in shown
    written = datetime.fromisoformat(due)
    assert f"{written.year}年{written.month}月{written.day}日" in shown
    assert 'data-state="open"' in shown
    assert "髙﨑" not in portal.get("/me").text, "nothing changes before a clerk has looked"

    (waiting,) = clerk(demo, "changes", "list")
    assert (waiting["member_number"], waiting["kind"]) == (member["number"], "name")
    assert (waiting["due_on"], waiting["overdue"]) == (due, "no")
    seen = clerk(demo, "changes", "show", waiting["id"])
    assert seen["now"]["family_name"] == "見本"
    assert seen["wanted"]["family_name"] == "髙﨑"
    effective = in_tokyo(demo).date() + timedelta(days=8)
    approving = ("--digest", seen["digest"], "--effective-on", effective.isoformat())
    clerk(demo, "changes", "approve", waiting["id"], *approving, "--reason", "seen")
    assert clerk(demo, "changes", "list") == []
    assert 'data-state="approved"' in portal.get("/changes").text
    assert names_at(demo, member) == {"見本　太郎"}

    midnight = datetime(effective.year, effective.month, effective.day, tzinfo=TOKYO)
    clock_to(demo, midnight - timedelta(minutes=4))
    assert names_at(demo, member) == {"見本　太郎"}
    clock_to(demo, midnight)
    assert names_at(demo, member) == {"髙﨑　太郎"}
    assert "髙﨑　太郎 様" in enter_portal(demo, member).get("/").text
    # The worker sends them when it comes to it: one when it was filed, one when it was decided.
    wait_until(lambda: len(mails_to(demo, member["email"])) >= 2)


def names_at(demo: Demo, member: dict[str, str]) -> set[str]:
    """Give the names that portal and card get, from ID tokens, UserInfo and the portal's page."""
    browser = Browser(demo.issuer)
    assert browser.sign_in(member["email"], member["password"]).status_code == 303
    card = party(demo, "card")
    tokens = tokens_for(browser, card, scope="openid profile offline_access")
    told = {card.userinfo(tokens["access_token"]).json()["name"]}
    again = card.refresh(tokens["refresh_token"]).json()
    claims = claims_of(again["id_token"])
    assert claims["sub"]
    told.add(card.userinfo(again["access_token"]).json()["name#ja-Hani-JP"])
    page = enter_portal(demo, member, browser).get("/me").text
    told.add(page.split("<dt>お名前</dt>")[1].split(">")[1].split("<")[0])
    return told


def test_f11_a_workplace_is_answered_and_not_taken(demo: Demo) -> None:
    here = filer(demo, 1)
    for body in (
        b'{"kind": "workplace", "wanted": {"workplace": "x"}}',
        b'{"kind": "name", "wanted": {"workplace": "x"}}',
    ):
        answer = here.send("POST", body=body)
        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:kumiai:problem:workplace"
        assert answer.json()["detail"].startswith(F11)
    english = here.file("workplace", {}, Accept_Language="en").json()
    assert english["detail"].startswith("A change of workplace cannot be made automatically")
    assert here.listed() == []
    portal = enter_portal(demo, demo.member(index=1)).get("/changes/workplace").text
    assert F11 in portal
    assert 'href="/inquiry?reason=workplace"' in portal
    page = signed_in(demo, 1).get("/account/changes?kind=workplace").text
    assert F11 in page


def test_the_provider_s_own_page_files_keeps_what_was_typed_and_takes_back(demo: Demo) -> None:
    browser = signed_in(demo, 2)
    assert 'id="change-request"' in browser.get("/account/changes").text
    page = browser.get("/account/changes?kind=address")
    fields = own_fields(page.text, "change-request")
    typed = {
        "postal_code": "１２",
        "region": "みほん県",
        "locality": "<新市>",
        "street_address": "",
    }
    wrong = browser.post("/account/changes", fields | typed)
    assert wrong.status_code == 422
    assert 'value="&lt;新市&gt;"' in wrong.text
    assert 'aria-describedby="postal_code-hint postal_code-error"' in wrong.text
    right = typed | {
        "postal_code": "１２３ー４５６７",
        "region": "北海道",
        "street_address": "1\r\n2",
    }
    sent = own_fields(wrong.text, "change-request") | right
    for _ in range(2):  # a double click
        filed = browser.post("/account/changes", sent)
        assert filed.status_code == 303
    shown = browser.get(filed.headers["Location"]).text
    assert "お申し込みを受け付けました" in shown
    assert shown.count('class="withdraw"') == 1
    assert "〒123-4567" in shown
    withdraw = next(
        hidden_fields(form) for form in shown.split("<form ") if 'class="withdraw"' in form
    )
    assert browser.post("/account/changes/withdraw", withdraw).status_code == 303
    assert browser.post("/account/changes/withdraw", withdraw).status_code == 409
    assert "取り下げました" in browser.get("/account/changes").text
    stranger = signed_in(demo, 3)
    own = own_fields(stranger.get("/account/changes?kind=phone").text, "change-request")
    foreign = {"csrf_token": own["csrf_token"], "change": withdraw["change"]}
    assert stranger.post("/account/changes/withdraw", foreign).status_code == 404


def test_a_forged_form_files_nothing(demo: Demo) -> None:
    browser = signed_in(demo, 3)
    sent = {"kind": "phone", "csrf_token": "x" * 43, "form_id": "y" * 22} | NEW_PHONE
    assert browser.post("/account/changes", sent).status_code in (400, 403)
    portal = enter_portal(demo, demo.member(index=3))
    assert portal.post("/changes/phone", NEW_PHONE | {"csrf_token": "x"}).status_code == 403
    assert filer(demo, 3).listed() == []


def test_a_refusal_is_told_with_its_reason(demo: Demo) -> None:
    member = demo.member(index=4)
    portal = enter_portal(demo, member)
    assert 'id="received"' in send_change(portal, "phone", NEW_PHONE).text
    waiting = next(
        one for one in clerk(demo, "changes", "list") if one["member_number"] == member["number"]
    )
    clerk(demo, "changes", "refuse", waiting["id"], "--reason", "番号を確認できません")
    shown = portal.get("/changes").text
    assert 'data-state="refused"' in shown
    assert "番号を確認できません" in shown
    shown = clerk(demo, "changes", "show", waiting["id"])["digest"]
    approving = ("approve", waiting["id"], "--digest", shown, "--reason", "too late")
    late = commands(demo).idp("member", "changes", *approving)
    assert (late.returncode, late.stdout) == (1, "")
    assert "Traceback" not in late.stderr
    wait_until(
        lambda: any("番号を確認できません" in m["text"] for m in mails_to(demo, member["email"]))
    )


@pytest.mark.parametrize("day", ["2020-01-01", "2999-01-01"])
def test_a_change_holds_from_today_or_a_day_within_a_year(demo: Demo, day: str) -> None:
    here = filer(demo, 5)
    change = here.file("phone", NEW_PHONE).json()["id"]
    digest = clerk(demo, "changes", "show", change)["digest"]
    approving = ("approve", change, "--digest", digest, "--reason", "seen")
    done = commands(demo).idp("member", "changes", *approving, "--effective-on", day)
    assert done.returncode == 1
    assert "a change holds from today" in done.stderr
    assert here.listed()[0]["state"] == "open"


def test_what_is_overdue_stands_first(demo: Demo) -> None:
    first = filer(demo, 6).file("phone", NEW_PHONE).json()
    clock_to(demo, in_tokyo(demo) + timedelta(days=20))
    second = filer(demo, 7).file("phone", NEW_PHONE).json()
    rows = clerk(demo, "changes", "list")
    order = [row["id"] for row in rows]
    assert order.index(first["id"]) < order.index(second["id"])
    assert {row["id"]: row["overdue"] for row in rows}[first["id"]] == "yes"
    assert [row["due_on"] for row in rows] == sorted(row["due_on"] for row in rows)


def test_the_programs_are_unharmed(demo: Demo) -> None:
    for log in (demo.data / "logs").glob("*.log"):
        assert "Traceback" not in log.read_text("utf-8", "replace"), log.name
    assert requests.get(demo.facts["portal"] + "/healthz", timeout=30).status_code == 200
