"""Standing on a day, from the four dates alone."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.members.model import Dated, Employment, Member, MembershipDates, Name
from idp.members.standing import (
    Standing,
    access_ends_on,
    dates_access_ends_on,
    dates_have_membership,
    dates_standing,
    has_membership,
    standing,
)

PAID = date(2020, 4, 30)
ACCEPTED = date(2026, 3, 15)
PLANNED = date(2026, 7, 31)
DAY = timedelta(days=1)
YEAR_END = MembershipDates(PAID, ACCEPTED, PLANNED)


@pytest.mark.parametrize(
    ("dates", "on", "expected"),
    [
        (MembershipDates(), PAID, Standing.APPLICANT),
        (MembershipDates(PAID), PAID - DAY, Standing.APPLICANT),
        (MembershipDates(PAID), PAID, Standing.MEMBER),
        (YEAR_END, ACCEPTED - DAY, Standing.MEMBER),
        (YEAR_END, ACCEPTED, Standing.LEAVING),
        (YEAR_END, PLANNED - DAY, Standing.LEAVING),
        (YEAR_END, PLANNED, Standing.FORMER),
        # refunded earlier than planned, and later: the earlier date ends access
        (MembershipDates(PAID, ACCEPTED, PLANNED, date(2026, 6, 30)), date(2026, 6, 29), "leaving"),
        (MembershipDates(PAID, ACCEPTED, PLANNED, date(2026, 6, 30)), date(2026, 6, 30), "former"),
        (MembershipDates(PAID, ACCEPTED, PLANNED, date(2026, 8, 5)), PLANNED, Standing.FORMER),
        # a plan moved ahead gives access back
        (MembershipDates(PAID, ACCEPTED, PLANNED + 30 * DAY), PLANNED, Standing.LEAVING),
        # a plan without an accepted withdrawal ends access all the same
        (MembershipDates(PAID, None, PLANNED), PLANNED - DAY, Standing.MEMBER),
        (MembershipDates(PAID, None, PLANNED), PLANNED, Standing.FORMER),
        # a payment reversed takes eligibility back, whatever else stands there
        (MembershipDates(None, ACCEPTED, PLANNED), PLANNED - DAY, Standing.APPLICANT),
        (MembershipDates(None, ACCEPTED, PLANNED), PLANNED, Standing.APPLICANT),
        (MembershipDates(None, ACCEPTED, PLANNED, PLANNED), PLANNED, Standing.FORMER),
    ],
)
def test_standing_follows_the_dates(dates: MembershipDates, on: date, expected: str) -> None:
    assert dates_standing(dates, on) == expected
    assert dates_have_membership(dates, on) is (expected in ("member", "leaving"))


def test_access_ends_on_the_earlier_refund_date() -> None:
    assert dates_access_ends_on(MembershipDates(PAID)) is None
    assert dates_access_ends_on(YEAR_END) == PLANNED
    early = MembershipDates(PAID, ACCEPTED, PLANNED, PLANNED - DAY)
    assert dates_access_ends_on(early) == PLANNED - DAY


def test_a_member_has_the_standing_of_its_dates() -> None:
    name = (Dated(Name("見本", "太郎", "ミホン", "タロウ"), PAID),)
    member = Member("00000001", date(1960, 1, 1), Employment.RETIRED, "", name,
                    capital_paid_on=PAID, withdrawal_accepted_on=ACCEPTED,
                    refund_planned_on=PLANNED)  # fmt: skip
    assert member.dates == YEAR_END
    assert standing(member, PLANNED - DAY) is Standing.LEAVING
    assert has_membership(member, PLANNED - DAY)
    assert not has_membership(member, PLANNED)
    assert access_ends_on(member) == PLANNED


DAYS = st.dates(date(2020, 1, 1), date(2020, 2, 28))
DATES = st.builds(MembershipDates, *[st.none() | DAYS] * 4)


@given(DATES, DAYS)
def test_nobody_has_membership_from_the_end_of_access_on(dates: MembershipDates, on: date) -> None:
    ends_on = dates_access_ends_on(dates)
    if ends_on is not None and on >= ends_on:
        assert not dates_have_membership(dates, on)


@given(DATES, DAYS)
def test_membership_is_one_unbroken_span(dates: MembershipDates, start: date) -> None:
    held = [dates_have_membership(dates, start + n * DAY) for n in range(70)]
    assert sum(one != other for one, other in pairwise(held)) <= 2
    if dates.capital_paid_on is None:
        assert not any(held)
