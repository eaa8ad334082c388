"""How a use of portal and card ends, for the contact sheet: each ending brought about for real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, Page, expect

from tests.browser import journey
from tests.browser.outage import provider_away
from tests.browser.sheet_walks import Take
from tests.browser.visitor import LOCALES, PHONE, Visitor, visitor
from tests.support.demo import Demo

LOADED = 60_000
Act = Callable[[str], None]
"""Do something to the member with this number."""


def endings(browser: Browser, demo: Demo, take: Take) -> None:
    """Take every ending, in both languages; the clock moves ahead, so the order matters."""
    for reason, verb in (("service_stopped", "stop"), ("blocked", "block")):
        index = {"service_stopped": 2, "blocked": 4}[reason]

        def end(number: str, verb: str = verb) -> None:
            done = demo.idp("account", verb, number, "--reason", "for the contact sheet")
            assert done.returncode == 0, done.stderr

        with _signed_in(browser, demo, "member", index) as people:
            _ended(demo, people, reason, end, take)
    with _signed_in(browser, demo, "member", 6) as people:
        _ended(demo, people, "signed_out", _nothing, take, sign_out=True)
    _provider_away(browser, demo, take)
    _time_over(browser, demo, take)
    _membership_ended(browser, demo, take)


def _nothing(_: str) -> None:
    return


@contextmanager
def _signed_in(
    browser: Browser, demo: Demo, standing: str, index: int
) -> Iterator[list[tuple[Visitor, Page, str]]]:
    """Sign one member in for each language; give visitor, card page and member number."""
    with ExitStack() as stack:
        people = []
        for at, language in enumerate(LOCALES):
            v = stack.enter_context(visitor(browser, demo, PHONE, language=language))
            member = demo.member(standing, index + at)
            journey.sign_in(v, demo, member)
            card = v.context.new_page()
            card.goto(demo.facts["card"])
            journey.shown_code(card)
            people.append((v, card, member["number"]))
        yield people
        for v, _, _ in people:
            v.complaints.clear()  # what cannot be reached is in the console, as it should be


def _ended(
    demo: Demo,
    people: list[tuple[Visitor, Page, str]],
    reason: str,
    end: Act,
    take: Take,
    *,
    sign_out: bool = False,
) -> None:
    for v, card, number in people:
        end(number)
        if sign_out:
            journey.sign_out_at_portal(v.page, demo)
        else:
            v.page.goto(f"{demo.facts['portal']}/me")
            expect(v.page.locator(f"#ended[data-reason={reason}]")).to_be_visible()
            take(v.page, "portal", f"ended-{reason}", v.language)
        card.bring_to_front()
        expect(card.locator(f"#ended-{reason}")).to_be_visible(timeout=LOADED)
        take(card, "card", f"ended-{reason}", v.language)


def _provider_away(browser: Browser, demo: Demo, take: Take) -> None:
    with _signed_in(browser, demo, "member", 8) as people, provider_away(demo):
        demo.move_clock(6 * 60)  # the portal asks again after five minutes
        for v, card, _ in people:
            v.page.goto(f"{demo.facts['portal']}/me")
            expect(v.page.locator("#problem[data-kind=unavailable]")).to_be_visible()
            take(v.page, "portal", "problem-unavailable", v.language)
            card.reload()
            expect(card.locator("#state.unconfirmed")).to_be_visible(timeout=LOADED)
            take(card, "card", "unconfirmed", v.language)


def _time_over(browser: Browser, demo: Demo, take: Take) -> None:
    with _signed_in(browser, demo, "member", 10) as people:
        for v, _, _ in people:
            v.page.goto(f"{demo.facts['portal']}/inquiry")
            v.page.select_option("#reason", "other")
            v.page.fill("#text", "長く書いていた内容です。")
        demo.move_clock(70 * 60)
        for v, _, _ in people:
            v.page.click("form#inquiry button")
            expect(v.page.locator("#ended[data-reason=time_over]")).to_be_visible()
            take(v.page, "portal", "ended-time_over", v.language)


def _membership_ended(browser: Browser, demo: Demo, take: Take) -> None:
    """Walk over midnight in Tokyo of the day on which the capital is refunded."""
    now = datetime.now(UTC)
    day = datetime(now.year, 7, 30, 15, tzinfo=UTC)  # the 31st begins in Tokyo
    day = day if now < day - timedelta(days=1) else day.replace(year=now.year + 1)
    demo.move_clock((day - timedelta(minutes=5) - now).total_seconds())
    with _signed_in(browser, demo, "leaving", 0) as people:
        demo.move_clock((day + timedelta(minutes=5) - now).total_seconds())
        for _, card, _ in people:
            card.reload()
        _ended(demo, people, "membership_ended", _nothing, take)
