"""Whether anything outlives the access of its subject: a session, a grant, a code.

The product asks `subject_is_active` wherever something is used, so such a row gives nothing; that
it is there means that an end was missed, with its event and its notice to the relying parties.
What ended less than `SETTLING` ago may still have rows: the worker ends them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from idp.accounts.tables import account
from idp.clock import date_in_tokyo, to_micros
from idp.grants.active import EXPIRED
from idp.grants.tables import grant
from idp.invariants.model import Finding
from idp.members.standing import dates_have_membership
from idp.members.store import DATE_COLUMNS, member, read_dates
from idp.sessions.store import session
from idp.storage.sql import Tx
from idp.storage.statement import Statement

SETTLING = timedelta(minutes=5)
_a, _s, _g = account.c, session.c, grant.c
_REASONS = (
    _a.stopped_at,
    _a.disabled_at,
    _a.credentials_changed_at,
    member.c.updated_at,
    *DATE_COLUMNS,
)


def _with_reasons(what: sa.Table) -> sa.FromClause:
    """Join what may outlive with the account and the member it rests on."""
    owned = what.join(account, _a.subject == what.c.subject)
    return owned.outerjoin(member, member.c.member_number == _a.member_number)


_SESSIONS = Statement(
    sa.select(_s.subject, _s.id, _s.auth_time, *_REASONS)
    .select_from(_with_reasons(session))
    .where(_s.ended_at.is_(None))
)
_GRANTS = Statement(
    sa.select(_g.subject, _g.id, _g.auth_time, *_REASONS)
    .select_from(_with_reasons(grant))
    .where(_g.ended_at.is_(None), _g.expires_at > sa.bindparam("now"))
)
_GRANTS_OF_ENDED_SESSIONS = Statement(
    sa.select(_g.subject, _g.id)
    .join(session, _s.id == _g.session_id)
    .where(
        _g.ended_at.is_(None),
        _g.expires_at > sa.bindparam("now"),
        _s.ended_at < sa.bindparam("settled"),
        # An offline grant outlives a session that ended by time alone (OpenID Connect Core 11).
        _s.end_reason != EXPIRED,
    )
)


def outliving(tx: Tx, now: datetime) -> Iterator[Finding]:
    """Give what is still in force although the access it rests on has ended."""
    for what, listed in (("session", _SESSIONS), ("grant", _GRANTS)):
        values = {"now": to_micros(now)} if what == "grant" else {}
        for subject, which, auth_time, *reasons in tx.all(listed, **values):
            if why := _why_over(auth_time, reasons, now):
                says = f"is in force, and {why}"
                yield Finding("nothing outlives access", subject, f"{what} {which}", says)
    settled = to_micros(now - SETTLING)
    for subject, which in tx.all(_GRANTS_OF_ENDED_SESSIONS, now=to_micros(now), settled=settled):
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
