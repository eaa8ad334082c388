"""Leaving and its notices: what commands record, and what the worker tells."""

from __future__ import annotations

from idp.assembly.foundation import Foundation
from idp.lifecycle.calendar import AccessCalendar
from idp.lifecycle.notices import Notices
from idp.members.leaving import Leaving


def build_leaving(f: Foundation) -> Leaving:
    """Build what clerks record withdrawals and refunds with."""
    return Leaving(f.database, f.clock, f.policy, f.journal)


def build_calendar(f: Foundation) -> AccessCalendar:
    """Build what tells who gains and loses access when."""
    return AccessCalendar(f.database, f.clock, f.journal)


def build_notices(f: Foundation) -> Notices:
    """Build what tells members that their access ends."""
    return Notices(f.database, f.clock, f.policy, f.journal, f.mails)
