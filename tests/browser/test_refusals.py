"""When it does not work: what a person is told, in the pages, and that it is the truth."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import journey
from tests.browser.proof import subject_of
from tests.browser.visitor import PHONE, Visitor, visitor
from tests.support.demo import Demo

REFERENCE = re.compile(r"[0-9A-Z]{4}[0-9A-Z-]{4,}")


def reference_on(page: Page) -> str:
    code = page.locator(".reference .code").inner_text()
    assert REFERENCE.fullmatch(code), code
    return code


def found_in_log(demo: Demo, reference: str) -> dict[str, object]:
    """Find what a reference code stands for, as the help desk does."""
    answer = demo.idp("audit", "search", "--reference", reference, "--format", "json")
    assert answer.returncode == 0, answer.stderr
    event: dict[str, object] = json.loads(answer.stdout.splitlines()[0])
    return event


def answer_to(v: Visitor, demo: Demo, email: str, password: str) -> str:
    """Try to sign in; give the page's words without what is one's own: address and code."""
    journey.reach_sign_in(v, demo)
    journey.give_password(v.page, email, password)
    expect(v.page.locator("#sign-in-error")).to_be_visible()
    assert v.page.input_value("#username") == email
    assert v.page.input_value("#password") == ""
    return v.page.inner_text("body").replace(reference_on(v.page), "")


def test_every_failure_is_one_answer_that_keeps_the_address(demo: Demo, chromium: Browser) -> None:
    member, stopped, former = (
        demo.member(standing) for standing in ("member", "stopped", "former")
    )
    applicant = next(m for m in demo.facts["members"] if m["standing"] == "applicant")
    assert applicant["email"] is None
    with visitor(chromium, demo, PHONE) as v:
        answers = {
            answer_to(v, demo, email, "a wrong password")
            for email in (
                member["email"],
                stopped["email"],
                former["email"],
                applicant["number"],  # an applicant has nothing to sign in with
                "nobody@mihon.example",
            )
        }
        assert len(answers) == 1
        v.look()
        reference = reference_on(v.page)
        event = found_in_log(demo, reference)
        assert (event["name"], event["outcome"]) == ("sign_in.refused", "refused")
        # The page that refused goes on: the right password needs no new start.
        journey.give_password(v.page, member["email"], member["password"])
        expect(v.page.locator("#sign-out")).to_be_visible()
        assert member["number"] in v.page.inner_text("main")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("standing", ["stopped", "former"])
def test_the_right_password_is_told_the_truth(
    demo: Demo, chromium: Browser, standing: str, language: str
) -> None:
    person = demo.member(standing)
    truth = {
        "stopped": {"ja": "サービス停止のお手続きが済んでいる", "en": "has been stopped"},
        "former": {"ja": "出資金の返還", "en": "capital has been refunded"},
    }
    with visitor(chromium, demo, PHONE, language=language) as v:
        journey.reach_sign_in(v, demo)
        journey.give_password(v.page, person["email"], person["password"])
        assert truth[standing][language] in v.page.inner_text("main")
        assert person["number"] not in v.page.content()
        assert v.page.locator('main a.button[href^="tel:"]').count() == 1
        v.look()
        event = found_in_log(demo, reference_on(v.page))
        assert event["outcome"] == "refused"
        journey.portal_is_out(v.page, demo)


def test_stopping_a_member_ends_the_open_portal_and_card(demo: Demo, chromium: Browser) -> None:
    member = demo.member(index=7)
    with visitor(chromium, demo, PHONE) as v:
        journey.sign_in(v, demo, member)
        journey.open_card(v, demo)
        stopped = demo.idp("account", "stop", member["number"], "--reason", "asked for it")
        assert stopped.returncode == 0, stopped.stderr
        told = v.page.locator("#ended-service_stopped")
        expect(told).to_be_visible(timeout=journey.OUT_AT_LAST)
        assert "アンインストール" in told.inner_text()
        v.look()
        v.page.goto(f"{demo.facts['portal']}/me")
        assert v.page.get_attribute("#ended", "data-reason") == "service_stopped"
        v.look()


def test_a_shared_device_is_not_remembered(demo: Demo, chromium: Browser) -> None:
    member = demo.member(index=3)
    subject = subject_of(demo, member["number"])

    def rule_of_the_next_sign_in(v: Visitor, shared: bool) -> tuple[str, bool]:
        journey.reach_sign_in(v, demo)
        v.page.set_checked("#shared_device", shared)
        journey.give_password(v.page, member["email"], member["password"])
        expect(v.page.locator("#sign-out")).to_be_visible()
        journey.sign_out_at_portal(v.page, demo)
        answer = demo.idp(
            "audit", "search", "--subject", subject, "--name", "session.started",
            "--limit", "1", "--format", "json",
        )  # fmt: skip
        event = json.loads(answer.stdout)
        return event["decision"]["rule"], event["data"]["shared"]

    with visitor(chromium, demo, PHONE) as v:
        assert rule_of_the_next_sign_in(v, True) == ("password_from_unknown_device", True)
        assert rule_of_the_next_sign_in(v, False) == ("password_from_unknown_device", False)
        assert rule_of_the_next_sign_in(v, False) == ("password_from_known_device", False)


def test_a_request_left_open_too_long_says_what_to_do(
    demo: Demo, chromium: Browser, tmp_path: Path
) -> None:
    member = demo.member(index=4)
    with visitor(chromium, demo, PHONE) as v:
        journey.reach_sign_in(v, demo)
        demo.move_clock(31 * 60)
        verified = demo.metric("gate_verifications_total")
        journey.give_password(v.page, member["email"], member["password"])
        assert v.page.inner_text("h1") == "ログインの受付が終わりました"
        assert "最初のページに戻り" in v.page.inner_text("main")
        reference_on(v.page)
        v.look()
        assert demo.metric("gate_verifications_total") == verified  # nothing was tried
        journey.sign_in(v, demo, member)
        assert demo.metric("gate_verifications_total") == verified + 1
