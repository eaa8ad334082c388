"""Leaving at the year's end (F13): told before, in until the day, out at midnight in both programs.

The clerk records the accepted withdrawal; the refund follows from policy; nothing else has to run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from idp.assembly.foundation import build_foundation
from idp.assembly.leaving import build_notices
from idp.settings import read_settings
from tests.flows.change_scene import clerk, commands, enter_portal, mails_to
from tests.flows.journey import signed_in, tokens_for
from tests.support.demo import Demo, running_demo, wait_until
from tests.support.parties import PARTIES, now, offset, party, write_policies
from tests.support.relying_party import Browser, claims_of

TOKYO = ZoneInfo("Asia/Tokyo")
ENDING, ENDED = "ending", "ended"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own: the clock walks over the last of July."""
    folder = Path(tmp_path_factory.mktemp("leaving"))
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as running:
        yield running


def clock_to(demo: Demo, moment: datetime) -> None:
    ahead = (moment - datetime.fromtimestamp(now(demo), UTC)).total_seconds()
    demo.move_clock(offset(demo) + ahead)


def today(demo: Demo) -> date:
    return datetime.fromtimestamp(now(demo), TOKYO).date()


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=TOKYO)


def notices_of(demo: Demo, member: dict[str, str]) -> list[str]:
    """Give the subjects of the mails about the end of access, oldest first."""
    subjects = [mail["subject"] for mail in reversed(mails_to(demo, member["email"]))]
    return [subject for subject in subjects if "終了" in subject]


def given(demo: Demo, member: dict[str, str]) -> int:
    """Count the notices of a member in the log of the worker's acts."""
    return len(notices_of(demo, member))


def test_f13_a_year_end_retiree_from_the_withdrawal_to_the_refund(demo: Demo) -> None:
    member = demo.member(index=0)
    year = today(demo).year + 1
    last = date(year, 7, 31)
    clock_to(demo, at(date(year, 3, 20)))
    left = clerk(demo, "leave", member["number"], "--accepted-on", f"{year}-03-10", "--year-end")
    assert (left["refund_planned_on"], left["access_ends_on"]) == (str(last), str(last))
    assert clerk(demo, "show", member["number"])["standing"] == "leaving"
    listed = clerk(demo, "calendar", "--from", f"{year}-07-31", "--to", f"{year}-07-31")
    assert {row["member_number"] for row in listed if row["access"] == "loses"} >= {
        member["number"],
        demo.member("leaving")["number"],
    }

    for days, count in ((31, 0), (30, 1), (8, 1), (7, 2), (1, 3)):
        clock_to(demo, at(last - timedelta(days=days)))
        wait_until(lambda want=count: given(demo, member) == want, 30)
    texts = [mail["text"] for mail in mails_to(demo, member["email"])]
    assert any(f"{year}年7月31日" in text for text in texts)

    midnight = at(last, 0)
    clock_to(demo, midnight - timedelta(minutes=4))
    browser = signed_in(demo, 0)
    card = party(demo, "card")
    tokens = tokens_for(browser, card, scope="openid profile offline_access")
    portal = enter_portal(demo, member, browser)
    assert portal.get("/statements").status_code == 200
    assert card.userinfo(tokens["access_token"]).json()["membership_ends_on"] == str(last)
    clock_to(demo, midnight - timedelta(seconds=15))
    late = card.userinfo(tokens["access_token"])
    assert late.status_code == 200 or now(demo) >= midnight.timestamp()
    clock_to(demo, midnight)
    refused = card.userinfo(tokens["access_token"])
    assert (refused.status_code, refused.json()["error_description"]) == (401, "membership_ended")
    again = Browser(demo.issuer).sign_in(member["email"], member["password"])
    assert again.status_code == 403
    page = wait_until(
        lambda: (text := portal.get("/").text) and "data-reason=" in text and text, 30
    )
    assert 'data-reason="membership_ended"' in page
    assert "アンインストール" in page
    assert card_knows(demo, claims_of(tokens["id_token"])["sid"])
    wait_until(lambda: given(demo, member) == 4, 30)
    assert notices_of(demo, member)[-1] != notices_of(demo, member)[0]


def card_knows(demo: Demo, sid: str) -> bool:
    """Wait until the card's server part was told by a logout token."""
    import requests

    url = f"{demo.facts['card']}/session-state"
    return bool(
        wait_until(
            lambda: not requests.get(url, params={"sid": sid}, timeout=30).json()["live"], 30
        )
    )


def test_it_works_in_the_last_second_before_midnight(demo: Demo) -> None:
    """The rule by the clock of the process, to the second: no waiting for a server."""
    from idp.clock import date_in_tokyo
    from idp.members.model import MembershipDates
    from idp.members.standing import dates_have_membership

    last = date(today(demo).year + 1, 7, 31)
    dates = MembershipDates(date(2000, 4, 1), None, last)
    second_before = (at(last, 0) - timedelta(seconds=1)).astimezone(UTC)
    assert dates_have_membership(dates, date_in_tokyo(second_before))
    assert not dates_have_membership(dates, date_in_tokyo(second_before + timedelta(seconds=1)))


def test_a_moved_plan_gives_new_notices_and_a_taken_back_one_gives_none(demo: Demo) -> None:
    member, day = demo.member(index=1), today(demo)
    number, first = member["number"], day + timedelta(days=20)
    clerk(demo, "leave", number, "--accepted-on", str(day), "--refund-on", str(first))
    wait_until(lambda: given(demo, member) == 1, 30)  # late, and only the one
    moved = first + timedelta(days=5)
    clerk(demo, "leave", number, "--accepted-on", str(day), "--refund-on", str(moved))
    wait_until(lambda: given(demo, member) == 2, 30)
    clerk(demo, "leave", number, "--accepted-on", str(day), "--refund-on", str(first))
    taken = clerk(demo, "leave", number, "--take-back")
    assert taken["access_ends_on"] is None
    clock_to(demo, at(moved - timedelta(days=1)))
    assert signed_in(demo, 1).get("/account").status_code == 200
    f = build_foundation(read_settings({"IDP_DATA": str(demo.data)}))
    try:
        build_notices(f).give_due()  # what the worker would do next
    finally:
        f.database.dispose()
    assert given(demo, member) == 2


def test_a_worker_killed_or_doubled_tells_nobody_twice(demo: Demo) -> None:
    from concurrent.futures import ThreadPoolExecutor

    member, day = demo.member(index=2), today(demo) + timedelta(days=6)
    clerk(
        demo, "leave", member["number"], "--accepted-on", str(today(demo)), "--refund-on", str(day)
    )
    f = build_foundation(read_settings({"IDP_DATA": str(demo.data)}))
    try:
        with ThreadPoolExecutor(8) as pool:
            told = sum(pool.map(lambda _: build_notices(f).give_due(), range(24)))
    finally:
        f.database.dispose()
    assert told <= 1
    wait_until(lambda: given(demo, member) >= 1, 30)
    assert given(demo, member) == 1


def test_a_refund_that_was_paid_out_ends_access_at_once(demo: Demo) -> None:
    member = demo.member(index=3)
    browser = signed_in(demo, 3)
    done = clerk(demo, "refunded", member["number"], "--on", str(today(demo)))
    assert done["access_ends_on"] == str(today(demo))
    assert browser.get("/account").status_code == 303


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--accepted-on", "2999-01-01"), "has not come yet"),
        (("--accepted-on", "2020-03-01", "--refund-on", "2020-02-01"), "before the acceptance"),
        (("--accepted-on", "1990-03-01"), "before the payment"),
    ],
)
def test_facts_that_cannot_be_are_refused(
    demo: Demo, arguments: tuple[str, ...], words: str
) -> None:
    done = commands(demo).idp("member", "leave", demo.member(index=4)["number"], *arguments)
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--accepted-on", "soon"),
        ("--accepted-on", "2020-03-01", "--take-back"),
        ("--accepted-on", "2020-03-01", "--year-end", "--refund-on", "2020-07-31"),
    ],
)
def test_a_command_that_contradicts_itself_is_a_usage_error(
    demo: Demo, arguments: tuple[str, ...]
) -> None:
    done = commands(demo).idp("member", "leave", demo.member(index=4)["number"], *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_applicant_has_nothing_to_leave(demo: Demo) -> None:
    number = next(m["number"] for m in demo.facts["members"] if m["standing"] == "applicant")
    done = commands(demo).idp("member", "leave", number, "--accepted-on", "2020-03-01")
    assert done.returncode == 1
    assert "no capital" in done.stderr


def test_the_calendar_names_numbers_only(demo: Demo) -> None:
    done = commands(demo).must("member", "calendar", "--from", "S48.4.30", "--to", "1973-04-30")
    assert "00000201" in done
    assert "見本" not in done
    bad = commands(demo).idp("member", "calendar", "--from", "2020-01-02", "--to", "2020-01-01")
    assert bad.returncode == 1
    assert json.loads(commands(demo).must("member", "calendar", "--format", "json")) is not None
