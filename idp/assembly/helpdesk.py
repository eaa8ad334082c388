"""The services and pages of the telephone help desk."""

from __future__ import annotations

from dataclasses import dataclass

from idp.approvals.act import Act
from idp.approvals.service import Approvals
from idp.assembly.foundation import Foundation
from idp.helpdesk.acts import CaseActs, ChangeAddress, DiscloseAddress, RemoveFactor
from idp.helpdesk.asking import Asking
from idp.helpdesk.calling_back import CallingBack
from idp.helpdesk.cases import Cases
from idp.helpdesk.events import CaseEvents
from idp.helpdesk.outcomes import Outcomes
from idp.helpdesk.plan_mails import PlanMails
from idp.helpdesk.plans import Plans, Stopping
from idp.helpdesk.searching import Searching
from idp.helpdesk.transcript import Transcripts
from idp.helpdesk.views.desk import Desk
from idp.helpdesk.views.pages import CasePages
from idp.helpdesk.views.results import ResultPages
from idp.helpdesk.views.stopping import StopPages
from idp.lifecycle.address_mails import AddressMails
from idp.lifecycle.address_switch import AddressSwitch
from idp.staff.views.console import Console
from idp.throttle.buckets import Buckets
from idp.web.browser import Browser
from idp.web.pages import Pages


@dataclass(frozen=True)
class HelpdeskServices:
    """What the pages of the help desk call."""

    cases: Cases
    searching: Searching
    outcomes: Outcomes
    calling_back: CallingBack
    asking: Asking
    transcripts: Transcripts


def build_cases(f: Foundation) -> Cases:
    """Build what opens, asks and ends."""
    return Cases(f.database, f.clock, f.policy, CaseEvents(f.journal))


def build_case_acts(f: Foundation) -> CaseActs:
    """Build what the acts that may need a second person have in common."""
    return CaseActs(f.clock, f.policy, CaseEvents(f.journal), PlanMails(f.mails, f.proving))


def case_acts(f: Foundation) -> tuple[Act, ...]:
    """List the acts upon a call for the registry of the approvals."""
    acts = build_case_acts(f)
    return (DiscloseAddress(acts), ChangeAddress(acts), RemoveFactor(acts))


def build_plans(f: Foundation) -> Plans:
    """Build what carries out changes whose cooling-off is over."""
    mails = AddressMails(f.mails)
    switch = AddressSwitch(f.policy, f.journal, f.endings, f.proving, mails)
    return Plans(f.database, f.clock, f.journal, f.proving, f.mails, switch)


def build_helpdesk(f: Foundation, approvals: Approvals) -> HelpdeskServices:
    """Build the services."""
    events, cases = CaseEvents(f.journal), build_cases(f)
    base = (f.database, f.clock, f.policy)
    return HelpdeskServices(
        cases,
        Searching(*base, events),
        Outcomes(*base, cases, events, f.proving, f.mails),
        CallingBack(*base, cases, events),
        Asking(f.database, f.clock, cases, events, approvals, build_case_acts(f)),
        Transcripts(f.database, f.clock, f.journal, events),
    )


def build_case_pages(
    f: Foundation, console: Console, approvals: Approvals
) -> tuple[CasePages, ResultPages]:
    """Build the pages of the console."""
    s = build_helpdesk(f, approvals)
    desk = Desk(console, s.cases, s.outcomes, s.calling_back, s.transcripts)
    return (
        CasePages(desk, s.searching),
        ResultPages(desk, s.asking),
    )


def build_stop_pages(f: Foundation, buckets: Buckets, browser: Browser, pages: Pages) -> StopPages:
    """Build the page a notice leads to."""
    plans = build_plans(f)
    stopping = Stopping(f.database, f.clock, f.journal, f.proving, plans, buckets, f.floods)
    return StopPages(stopping, browser, pages)
