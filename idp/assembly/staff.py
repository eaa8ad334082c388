"""The services of the staff, for commands and pages."""

from __future__ import annotations

from dataclasses import dataclass

from idp.assembly.foundation import Foundation
from idp.staff.directory import StaffDirectory
from idp.staff.enrolment import Door, StaffEnrolments
from idp.staff.factors import StaffApp
from idp.staff.sessions import StaffSessions


@dataclass(frozen=True)
class Staff:
    """What keeps the staff, without a page."""

    directory: StaffDirectory
    enrolments: StaffEnrolments
    sessions: StaffSessions
    app: StaffApp


def build_staff(f: Foundation, door: Door | None = None) -> Staff:
    """Build what commands and pages need; `door` where people come in from outside."""
    sessions = StaffSessions(f.database, f.clock, f.policy, f.journal)
    app = StaffApp(f.gate, f.master)
    enrolments = StaffEnrolments(
        f.database, f.clock, f.policy, f.journal, f.gate, f.lifting, app, sessions, door
    )
    directory = StaffDirectory(f.database, f.clock, f.policy, f.journal, enrolments, sessions)
    return Staff(directory, enrolments, sessions, app)
