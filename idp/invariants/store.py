"""What the database says of each subject, as the facts of `idp.invariants.model`; only reads."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import sqlalchemy as sa

from idp.accounts.tables import account
from idp.blocks.tables import block
from idp.consent.store import consent
from idp.factors.tables import authenticator
from idp.grants.tables import grant
from idp.invariants.model import ACCOUNT, BLOCKED, STOPPED, Fact
from idp.journal.tables import (
    audit_checkpoint,
    audit_event,
    audit_leaf,
    audit_sealer,
)
from idp.members.store import DATE_COLUMNS, member
from idp.sessions.model import EXPIRED
from idp.sessions.store import session
from idp.staff.tables import staff_session
from idp.storage.sql import Tx
from idp.storage.statement import Statement

PAGE = 5_000
_a, _s, _b, _f = account.c, session.c, block.c, authenticator.c
_ACCOUNTS = sa.select(_a.subject, _a.created_at, _a.stopped_at, _a.disabled_at)
_SESSIONS = sa.select(_s.subject, sa.literal("session"), _s.id, _s.created_at).where(
    _s.ended_at.is_(None)
)
_CONSENTS = sa.select(
    consent.c.subject, sa.literal("consent"), consent.c.client_id, consent.c.given_at
)
_FACTORS = sa.select(_f.subject, sa.literal("factor"), _f.kind, _f.confirmed_at).where(
    _f.confirmed_at.is_not(None)
)
_BLOCKS = sa.select(_b.subject, sa.literal("block"), _b.id, _b.started_at).where(
    _b.subject.is_not(None), _b.lifted_at.is_(None)
)
_ACCOUNTS_AFTER = Statement(
    _ACCOUNTS.where(_a.subject > sa.bindparam("after"))
    .order_by(_a.subject)
    .limit(sa.bindparam("most"))
)
_ACCOUNT_OF = Statement(_ACCOUNTS.where(_a.subject == sa.bindparam("who")))
_STAFF_SESSIONS = sa.select(
    staff_session.c.staff_id, sa.literal("session"), staff_session.c.id, staff_session.c.created_at
).where(staff_session.c.ended_at.is_(None))
_OTHERS = [
    Statement(sa.select(column).where(is_there).distinct())
    for column, is_there in (
        (staff_session.c.staff_id, staff_session.c.ended_at.is_(None)),
        (
            _b.subject,
            sa.and_(
                _b.subject.is_not(None),
                _b.lifted_at.is_(None),
                ~sa.exists().where(_a.subject == _b.subject),
            ),
        ),
    )
]
_WITHIN = [
    Statement(
        select.where(
            column >= sa.bindparam("first"), column <= sa.bindparam("last"), column.is_not(None)
        )
    )
    for select, column in (
        (_SESSIONS, _s.subject),
        (_CONSENTS, consent.c.subject),
        (_FACTORS, _f.subject),
        (_BLOCKS, _b.subject),
        (_STAFF_SESSIONS, staff_session.c.staff_id),
    )
]
_OF_SUBJECT = Statement(
    sa.select(audit_event.c.line)
    .where(audit_event.c.subject == sa.bindparam("who"))
    .order_by(audit_event.c.position)
)
_OWNERLESS = [
    (table.name, Statement(sa.select(column).where(column.not_in(sa.select(_a.subject))).limit(20)))
    for table, column in (
        (session, _s.subject),
        (consent, consent.c.subject),
        (authenticator, _f.subject),
    )
]
# One statement, so that no seal comes between the numbers.
_SIZES = Statement(
    sa.select(
        sa.select(sa.func.count()).select_from(audit_leaf).scalar_subquery(),
        sa.select(sa.func.coalesce(sa.func.max(audit_leaf.c.seq), -1)).scalar_subquery(),
        audit_sealer.c.size,
        sa.select(sa.func.coalesce(sa.func.max(audit_checkpoint.c.size), 0)).scalar_subquery(),
    )
)
_PURGED_AT = Statement(
    sa.select(audit_leaf.c.event_id).where(
        audit_leaf.c.seq == sa.bindparam("which"),
        ~sa.exists().where(audit_event.c.id == audit_leaf.c.event_id),
    )
)
_UNSEALED = Statement(
    sa.select(audit_event.c.id)
    .where(
        audit_event.c.occurred_at < sa.bindparam("before"),
        ~sa.exists().where(audit_leaf.c.event_id == audit_event.c.id),
    )
    .order_by(audit_event.c.position)
    .limit(20)
)


_g = grant.c
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


_SESSIONS_IN_FORCE = Statement(
    sa.select(_s.subject, _s.id, _s.auth_time, *_REASONS)
    .select_from(_with_reasons(session))
    .where(_s.ended_at.is_(None))
)
_GRANTS_IN_FORCE = Statement(
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
# The room's own tables, by name: it stands beside this package, and not below.
_REVIEW_FACTS = (
    Statement(sa.text("SELECT 'review', id, owner, digest FROM audit_review")),
    Statement(sa.text("SELECT 'end of review', event_id, review_id FROM audit_review_end")),
    Statement(
        sa.text(
            "SELECT 'sign-off', s.id, s.signed_by, s.review_id, r.digest, s.finding,"
            " CAST(s.found AS varchar), s.found_digest, CAST(s.size AS varchar), s.root, s.remark,"
            " coalesce(s.corrects, '')"
            " FROM audit_sign_off s JOIN audit_review r ON r.id = s.review_id"
        )
    ),
)
_BODILESS = Statement(
    sa.select(audit_leaf.c.seq).where(
        audit_leaf.c.event_id == sa.bindparam("event"),
        ~sa.exists().where(audit_event.c.id == sa.bindparam("event")),
    )
)


def facts_of_reviews(tx: Tx) -> list[Fact]:
    """List the reviews, their ends and sign-offs, as `idp.invariants.signed` folds them."""
    return [tuple(row) for one in _REVIEW_FACTS for row in tx.all(one)]


def was_purged(tx: Tx, event_id: str) -> bool:
    """Tell whether an event was sealed and its body is gone."""
    return tx.one(_BODILESS, event=event_id) is not None


Rows = dict[Fact, list[int]]
"""The facts of one subject, and since when (µs) each row that says so stands."""


def counted(rows: Rows) -> Counter[Fact]:
    """Count the rows of each fact."""
    return Counter({fact: len(since) for fact, since in rows.items()})


def accounts_after(tx: Tx, after: str) -> dict[str, Rows]:
    """Give the facts of the next page of accounts, by subject; empty at the end."""
    rows = tx.all(_ACCOUNTS_AFTER, after=after, most=PAGE)
    found = {row[0]: _account(*row[1:]) for row in rows}
    if found:
        _add(tx, found, rows[0][0], rows[-1][0])
    return found


def others_with_facts(tx: Tx) -> set[str]:
    """List subjects without an account: staff who are signed in, or on whom a block stands."""
    return {row[0] for listed in _OTHERS for row in tx.all(listed)}


def account_of(tx: Tx, subject: str) -> Rows:
    """Give the facts of one subject: a member, or somebody of the staff."""
    row = tx.one(_ACCOUNT_OF, who=subject)
    found = {subject: defaultdict(list) if row is None else _account(*row[1:])}
    _add(tx, found, subject, subject)
    return found[subject]


def purged_at(tx: Tx, seq: int) -> str | None:
    """Find the id of an event by its number, if its body is gone."""
    row = tx.one(_PURGED_AT, which=seq)
    return row[0] if row else None


def lines_of(tx: Tx, subject: str) -> list[str]:
    """List the event lines of one subject, oldest first."""
    return [row[0] for row in tx.all(_OF_SUBJECT, who=subject)]


def ownerless(tx: Tx) -> list[tuple[str, str]]:
    """List rows that belong to no account: table, subject."""
    return [(table, row[0]) for table, listed in _OWNERLESS for row in tx.all(listed)]


def sizes_of_the_log(tx: Tx) -> tuple[int, int, int, int]:
    """Tell how many leaves there are, the highest seq, the sealed size, the last checkpoint's."""
    row = tx.one(_SIZES)
    return (row[0], row[1], row[2], row[3]) if row else (0, -1, 0, 0)


def unsealed_before(tx: Tx, before: int) -> list[str]:
    """List events older than an instant that no leaf covers (ids, at most 20)."""
    return [row[0] for row in tx.all(_UNSEALED, before=before)]


def _account(created_at: int, stopped_at: int | None, blocked_at: int | None) -> Rows:
    facts: Rows = defaultdict(list)
    for fact, since in ((ACCOUNT, created_at), (STOPPED, stopped_at), (BLOCKED, blocked_at)):
        if since is not None:
            facts[fact].append(since)
    return facts


def _add(tx: Tx, found: dict[str, Rows], first: str, last: str) -> None:
    for within in _WITHIN:
        for subject, kind, value, since in tx.all(within, first=first, last=last):
            if subject in found:
                found[subject][kind, value].append(since)


def sessions_in_force(tx: Tx) -> list[tuple[Any, ...]]:
    """List live sessions: subject, id, `auth_time`, and the columns their access rests on."""
    return tx.all(_SESSIONS_IN_FORCE)


def grants_in_force(tx: Tx, now: int) -> list[tuple[Any, ...]]:
    """List live grants: subject, id, `auth_time`, and the columns their access rests on."""
    return tx.all(_GRANTS_IN_FORCE, now=now)


def grants_of_ended_sessions(tx: Tx, now: int, settled: int) -> list[tuple[str, str]]:
    """List live grants whose session was ended before `settled`: subject, id."""
    rows = tx.all(_GRANTS_OF_ENDED_SESSIONS, now=now, settled=settled)
    return [(row[0], row[1]) for row in rows]
