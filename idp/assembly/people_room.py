"""The pages of what waits for a second person, and of the staff itself."""

from __future__ import annotations

from idp.approvals.views.pages import ApprovalPages
from idp.assembly.approvals import build_approvals
from idp.assembly.foundation import Foundation
from idp.assembly.staff import build_staff
from idp.people_room.views.changing import ChangingPages
from idp.people_room.views.people import PeoplePages
from idp.staff.second_step import StaffSecondStep
from idp.staff.views.again import CodeWithAct
from idp.staff.views.console import Console


def build_people_pages(
    f: Foundation, console: Console, step: StaffSecondStep
) -> tuple[ApprovalPages, PeoplePages, ChangingPages]:
    """Build them; `step` takes the codes that come with an act."""
    directory, approvals = build_staff(f).directory, build_approvals(f)
    codes = CodeWithAct(console, step)
    return (
        ApprovalPages(console, approvals, directory, codes),
        PeoplePages(console, directory),
        ChangingPages(console, directory, approvals, approvals.deciding.acts, codes),
    )
