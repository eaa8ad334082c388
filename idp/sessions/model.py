"""Browser sessions, and the one rule that says whether a subject is active.

Sessions know accounts and the register; accounts do not know sessions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.accounts.model import EndReason
from idp.clock import date_in_tokyo
from idp.members.model import MembershipDates
from idp.members.standing import dates_have_membership
from idp.policy.model import Sessions


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """What the rule needs to know about a subject, read in one statement."""

    dates: MembershipDates
    credentials_changed_at: datetime
    stopped_at: datetime | None
    disabled_at: datetime | None


EXPIRED = "expired"
"""The end reason of a session that ended by time alone; an offline grant outlives that."""


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser; `id` is the `sid` relying parties know, the cookie another secret."""

    id: str
    subject: str
    auth_time: datetime
    amr: tuple[str, ...]
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None


def why_inactive(
    facts: SubjectFacts, session_ended: bool, auth_time: datetime, now: datetime
) -> EndReason | None:
    """Tell why a subject gets nothing now, or None when active.

    Asked wherever anything is issued, refreshed, introspected or shown: eligible on this date,
    account in service, no administrative block, credentials unchanged since it authenticated.
    """
    if not dates_have_membership(facts.dates, date_in_tokyo(now)):
        return EndReason.MEMBERSHIP_ENDED
    if facts.stopped_at is not None and facts.stopped_at <= now:
        return EndReason.SERVICE_STOPPED
    if facts.disabled_at is not None and facts.disabled_at <= now:
        return EndReason.BLOCKED
    if session_ended or facts.credentials_changed_at > auth_time:
        return EndReason.SIGNED_OUT
    return None


def has_expired(session: Session, rules: Sessions, now: datetime) -> bool:
    """Tell whether a session is over by time: absolute end, or idle for too long."""
    return now >= session.expires_at or now - session.last_seen_at >= rules.idle.delta
