"""`subject_is_active` for tokens: the rule of `idp.sessions.model`, asked of a grant's row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from idp.accounts.model import EndReason
from idp.clock import start_of, to_micros
from idp.members.standing import dates_access_ends_on
from idp.sessions.model import EXPIRED, SubjectFacts, why_inactive

OFFLINE = "offline_access"


def session_is_over(values: tuple[Any, ...], now: datetime, *, offline: bool) -> bool:
    """Tell from (ended_at, end_reason, expires_at) whether a grant's session is over for it.

    A sign-out ends everything that was issued in the session. Time alone ends what is not offline
    (OpenID Connect Core 11): an installed card must open next week.
    """
    ended_at, reason, expires_at = values
    if offline:
        return ended_at is not None and reason != EXPIRED
    if ended_at is not None:
        return True
    return expires_at is None or expires_at <= to_micros(now)


def why_ended(
    facts: SubjectFacts,
    session_over: bool,
    grant_end: tuple[int | None, str | None],
    auth_time: datetime,
    now: datetime,
) -> EndReason | None:
    """Tell why a grant gives nothing now; a standing reason is truer than how the grant ended."""
    why = why_inactive(facts, session_over, auth_time, now)
    if why is not None and why is not EndReason.SIGNED_OUT:
        return why
    ended_at, reason = grant_end
    if ended_at is not None:
        return EndReason(reason) if reason in set(EndReason) else EndReason.SIGNED_OUT
    return why


def access_ends_at(facts: SubjectFacts) -> datetime | None:
    """Tell when access is known to end; no token outlives it."""
    day = dates_access_ends_on(facts.dates)
    return start_of(day) if day is not None else None


def capped(until: datetime, facts: SubjectFacts) -> datetime:
    """Cut a lifetime at the known end of access."""
    end = access_ends_at(facts)
    return until if end is None else min(until, end)
