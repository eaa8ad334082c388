"""Which notice is due on which day: from the dates alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.lifecycle.calendar import turns_of
from idp.lifecycle.notices import notice_due
from idp.mails.model import MailKind
from idp.members.model import MembershipDates
from idp.members.standing import dates_have_membership

PAID, END = date(2010, 4, 30), date(2027, 7, 31)
LEAVING = MembershipDates(PAID, date(2027, 3, 10), END)
MADE = date(2018, 1, 1)
BEFORE = (30, 7, 1)
ANY = st.none() | st.dates(date(2027, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(
    ("left", "kind"),
    [
        (31, None),
        (30, "ending-30"),
        (29, "ending-30"),
        (8, "ending-30"),
        (7, "ending-7"),
        (5, "ending-7"),
        (2, "ending-7"),
        (1, "ending-1"),
        (0, "ended"),
        (-1, "ended"),
        (-30, "ended"),
        (-31, None),
    ],
)
def test_the_latest_of_those_that_were_missed(left: int, kind: str | None) -> None:
    found = notice_due(LEAVING, MADE, END - timedelta(days=left), BEFORE)
    assert (found.kind if found else None) == kind
    if found:
        assert (found.ends_on, found.days_left) == (END, left)
        assert found.mail is (MailKind.ENDING if left > 0 else MailKind.ENDED)


def test_who_came_after_the_end_is_told_nothing() -> None:
    assert notice_due(LEAVING, END, END, BEFORE) is None


def test_who_never_paid_or_whose_payment_was_reversed_is_told_nothing() -> None:
    never = MembershipDates(None, None, END)
    assert notice_due(never, MADE, END - timedelta(days=1), BEFORE) is None
    assert notice_due(never, MADE, END, BEFORE) is None


@given(ANY, ANY, ANY, st.dates(date(2027, 1, 1), date(2028, 3, 1)))
def test_ending_is_told_to_members_and_ended_to_others(
    paid: date | None, planned: date | None, refunded: date | None, today: date
) -> None:
    dates = MembershipDates(paid, None, planned, refunded)
    found = notice_due(dates, MADE, today, BEFORE)
    if found:
        assert dates_have_membership(dates, today) is (found.mail is MailKind.ENDING)


@given(ANY, ANY, ANY)
def test_the_calendar_turns_when_the_rule_does(
    paid: date | None, planned: date | None, refunded: date | None
) -> None:
    dates = MembershipDates(paid, None, planned, refunded)
    expected, before = [], False
    for number in range(800):
        day = date(2026, 12, 1) + timedelta(days=number)
        now = dates_have_membership(dates, day)
        if now != before:
            expected.append((day, "gains" if now else "loses"))
        before = now
    assert [(on, access) for on, access, _ in turns_of(dates)] == expected
