"""Who is a member on which day: derived from four dates, never stored.

Access ends at 00:00 Asia/Tokyo of the earlier of the two refund dates: on that date the person is
already out. No clock is read here, and whether an account may be used is not decided here (an
administrative block or a stopped service belongs to `idp.accounts`).
"""

from datetime import date
from enum import StrEnum

from idp.members.model import Member, MembershipDates


class Standing(StrEnum):
    """Where a person stands towards the co-operative on a day."""

    APPLICANT = "applicant"
    MEMBER = "member"
    LEAVING = "leaving"
    FORMER = "former"


def dates_access_ends_on(dates: MembershipDates) -> date | None:
    """Tell the first day without access, or None when no end is known."""
    known = [day for day in (dates.refund_planned_on, dates.capital_refunded_on) if day is not None]
    return min(known, default=None)


def dates_standing(dates: MembershipDates, on: date) -> Standing:
    """Derive the standing on a day.

    Without a payment there is no membership, so a payment that is reversed takes eligibility back,
    whatever was planned; only capital that was really paid out makes a former member of one whose
    payment is no longer on record.
    """
    if dates.capital_refunded_on is not None and on >= dates.capital_refunded_on:
        return Standing.FORMER
    if dates.capital_paid_on is None or on < dates.capital_paid_on:
        return Standing.APPLICANT
    ends_on = dates_access_ends_on(dates)
    if ends_on is not None and on >= ends_on:
        return Standing.FORMER
    if dates.withdrawal_accepted_on is not None and on >= dates.withdrawal_accepted_on:
        return Standing.LEAVING
    return Standing.MEMBER


def dates_have_membership(dates: MembershipDates, on: date) -> bool:
    """Tell whether membership holds on a day; one who is leaving is still a member."""
    return dates_standing(dates, on) in (Standing.MEMBER, Standing.LEAVING)


def standing(member: Member, on: date) -> Standing:
    """Derive a member's standing on a day."""
    return dates_standing(member.dates, on)


def access_ends_on(member: Member) -> date | None:
    """Tell the first day on which this member has no access, or None when no end is known."""
    return dates_access_ends_on(member.dates)


def has_membership(member: Member, on: date) -> bool:
    """Tell whether this person is a member on a day."""
    return dates_have_membership(member.dates, on)
