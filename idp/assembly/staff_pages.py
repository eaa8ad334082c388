"""The pages of the staff console: its frame, the way in, the first page."""

from __future__ import annotations

from idp.assembly.provider import Provider
from idp.assembly.staff import build_staff
from idp.staff.enrolment import Door
from idp.staff.second_step import StaffSecondStep
from idp.staff.sessions import StaffSessions
from idp.staff.sign_in import StaffSignIn
from idp.staff.views.arriving import ArrivingPages
from idp.staff.views.console import Console
from idp.staff.views.enrol import EnrolPages
from idp.staff.views.home import HomePage
from idp.throttle.waiting import LeaseWaiters
from idp.web.browser import Browser
from idp.web.pages import Pages


def build_console(provider: Provider, browser: Browser, pages: Pages) -> Console:
    """Build the frame every room of the console is mounted in."""
    f = provider.foundation
    sessions = StaffSessions(f.database, f.clock, f.policy, f.journal)
    return Console(f.database, sessions, f.policy, f.journal, browser, pages)


def build_staff_pages(
    provider: Provider, console: Console
) -> tuple[HomePage, ArrivingPages, EnrolPages]:
    """Build the way in and the first page."""
    f = provider.foundation
    staff = build_staff(f, Door(provider.buckets, f.floods, f.clock))
    password = StaffSignIn(
        database=f.database,
        clock=f.clock,
        policy=f.policy,
        journal=f.journal,
        persons=f.persons,
        gate=f.gate,
        buckets=provider.buckets,
        floods=f.floods,
        slots=provider.slots,
        waiters=LeaseWaiters(),
    )
    return (
        HomePage(console),
        ArrivingPages(console, password, build_second_step(provider)),
        EnrolPages(console, staff.enrolments, provider.slots),
    )


def build_second_step(provider: Provider) -> StaffSecondStep:
    """Build what takes the codes of the staff's apps."""
    f = provider.foundation
    staff = build_staff(f)
    return StaffSecondStep(
        f.database,
        f.clock,
        f.policy,
        f.journal,
        provider.buckets,
        f.floods,
        staff.app,
        staff.sessions,
    )
