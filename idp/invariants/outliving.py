"""Whether anything outlives the access of its subject: a session, a grant, a code.

The product asks `subject_is_active` wherever something is used, so such a row gives nothing; that
it is there means that an end was missed, with its event and its notice to the relying parties.
What ended less than `SETTLING` ago may still have rows: the worker ends them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from idp.clock import date_in_tokyo, to_micros
from idp.invariants import store
from idp.invariants.model import Finding
from idp.members.standing import dates_have_membership
from idp.members.store import read_dates
from idp.storage.sql import Tx

SETTLING = timedelta(minutes=5)


def outliving(tx: Tx, now: datetime) -> Iterator[Finding]:
    """Give what is still in force although the access it rests on has ended."""
    at, settled = to_micros(now), to_micros(now - SETTLING)
    in_force = {"session": store.sessions_in_force(tx), "grant": store.grants_in_force(tx, at)}
    for what, rows in in_force.items():
        for subject, which, auth_time, *reasons in rows:
            if why := _why_over(auth_time, reasons, now):
                says = f"is in force, and {why}"
                yield Finding("nothing outlives access", subject, f"{what} {which}", says)
    for subject, which in store.grants_of_ended_sessions(tx, at, settled):
        says = "is in force, and its session was ended"
        yield Finding("nothing outlives its session", subject, f"grant {which}", says)


def _why_over(auth_time: int, reasons: list[Any], now: datetime) -> str | None:
    stopped_at, disabled_at, changed_at, updated_at, *dates = reasons
    settled = to_micros(now - SETTLING)
    if stopped_at is not None and stopped_at < settled:
        return "the account is stopped"
    if disabled_at is not None and disabled_at < settled:
        return "the account is blocked"
    if auth_time < changed_at < settled:
        return "the credentials were changed after it began"
    on = date_in_tokyo(now - SETTLING)
    if (updated_at or 0) < settled and not dates_have_membership(read_dates(tuple(dates)), on):
        return "there is no membership"
    return None
