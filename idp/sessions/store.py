"""Rows of sessions and of known devices. Cookies stand here only as hashes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from idp.accounts.model import Account
from idp.accounts.store import read_account
from idp.accounts.tables import ACCOUNT_COLUMNS, account
from idp.clock import from_micros
from idp.factors.tables import authenticator
from idp.members.store import DATE_COLUMNS, member, read_dates
from idp.sessions.model import Session, SubjectFacts
from idp.storage.sql import Tx
from idp.storage.statement import Statement
from idp.storage.tables import Digest, Instant, metadata

session = sa.Table(
    "session",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("cookie_hash", Digest, nullable=False, unique=True),
    sa.Column("subject", sa.String(64), sa.ForeignKey("account.subject"), nullable=False),
    sa.Column("auth_time", Instant, nullable=False),
    sa.Column("amr", sa.String(64), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("last_seen_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("end_reason", sa.String(32)),
    # What the browser called itself and where it was, for the member's own page of devices.
    sa.Column("agent", sa.String(200)),
    sa.Column("address", sa.String(45)),
)
sa.Index("ix_session_subject", session.c.subject)
sa.Index("ix_session_expires_at", session.c.expires_at)

known_device = sa.Table(
    "known_device",
    metadata,
    sa.Column("subject", sa.String(64), sa.ForeignKey("account.subject"), primary_key=True),
    sa.Column("device_hash", Digest, primary_key=True),
    sa.Column("last_seen_at", Instant, nullable=False),
    sa.Column("agent", sa.String(200)),
)

_s, _a, _d = session.c, account.c, known_device.c
SUBJECT_FACTS = (*DATE_COLUMNS, _a.credentials_changed_at, _a.stopped_at, _a.disabled_at)
"""The columns `read_subject_facts` takes; the one statement joins account and member."""

_confirmed = authenticator.c.confirmed_at.is_not(None)
_SESSION = (_s.id, _s.subject, _s.auth_time, _s.amr, _s.last_seen_at, _s.expires_at, _s.ended_at)
_BY_COOKIE = Statement(
    sa.select(*_SESSION, *SUBJECT_FACTS)
    .join(account, _a.subject == _s.subject)
    .join(member, member.c.member_number == _a.member_number)
    .where(_s.cookie_hash == sa.bindparam("cookie"))
)
_FACTS = Statement(
    sa.select(*SUBJECT_FACTS)
    .join(member, member.c.member_number == _a.member_number)
    .where(_a.subject == sa.bindparam("who"))
)
_FACTS_AND_FACTORS = Statement(
    sa.select(
        *SUBJECT_FACTS,
        sa.exists().where(authenticator.c.subject == _a.subject, _confirmed),
    )
    .join(member, member.c.member_number == _a.member_number)
    .where(_a.subject == sa.bindparam("who"))
)
_ADD = Statement(
    sa.insert(session).values(
        {c.name: sa.bindparam(c.name) for c in _s if c.name not in ("ended_at", "end_reason")}
    )
)
_BY_ID = Statement(sa.select(*_SESSION).where(_s.id == sa.bindparam("which")))
_KEEP = Statement(
    sa.update(session)
    .where(_s.id == sa.bindparam("which"), _s.ended_at.is_(None))
    .values(auth_time=sa.bindparam("at"))
)
_TOUCH = Statement(
    sa.update(session)
    .where(_s.id == sa.bindparam("which"), _s.ended_at.is_(None))
    .values(last_seen_at=sa.bindparam("at"))
)
_REAUTHENTICATE = Statement(
    sa.update(session)
    .where(_s.id == sa.bindparam("which"), _s.ended_at.is_(None))
    .values(auth_time=sa.bindparam("at"), amr=sa.bindparam("amr"), last_seen_at=sa.bindparam("at"))
)
_RENEW = Statement(
    sa.update(session)
    .where(_s.id == sa.bindparam("which"), _s.ended_at.is_(None))
    .values(
        cookie_hash=sa.bindparam("cookie_hash"),
        auth_time=sa.bindparam("auth_time"),
        amr=sa.bindparam("amr"),
        last_seen_at=sa.bindparam("auth_time"),
        expires_at=sa.bindparam("expires_at"),
    )
)
_END = Statement(
    sa.update(session)
    .where(_s.id == sa.bindparam("which"), _s.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"), end_reason=sa.bindparam("reason"))
)
_LIVE_OF_SUBJECT = Statement(
    sa.select(_s.id).where(_s.subject == sa.bindparam("who"), _s.ended_at.is_(None))
)
_OVER = Statement(
    sa.select(_s.id, _s.subject)
    .where(
        _s.ended_at.is_(None),
        sa.or_(_s.expires_at <= sa.bindparam("now"), _s.last_seen_at <= sa.bindparam("idle_since")),
    )
    .limit(sa.bindparam("most"))
)
_CLEAN = Statement(sa.delete(session).where(_s.ended_at < sa.bindparam("before")))
_ACCOUNT_FROM_DEVICE = Statement(
    sa.select(*ACCOUNT_COLUMNS, _d.last_seen_at)
    .outerjoin(
        known_device, sa.and_(_d.subject == _a.subject, _d.device_hash == sa.bindparam("device"))
    )
    .where(_a.address_normal == sa.bindparam("address"))
)
_AT_ADDRESS = Statement(
    sa.select(*ACCOUNT_COLUMNS, *DATE_COLUMNS)
    .join(member, member.c.member_number == _a.member_number)
    .where(_a.address_normal == sa.bindparam("address"))
)
_KNOW = Statement(
    sa.text(
        "INSERT INTO known_device (subject, device_hash, last_seen_at, agent)"
        " VALUES (:who, :device, :at, :agent)"
        " ON CONFLICT (subject, device_hash) DO UPDATE SET last_seen_at = :at, agent = :agent"
    )
)
_SEEN_AT = Statement(
    sa.select(_d.last_seen_at).where(
        _d.subject == sa.bindparam("who"), _d.device_hash == sa.bindparam("device")
    )
)
_FORGET_OLD = Statement(sa.delete(known_device).where(_d.last_seen_at < sa.bindparam("before")))
_DEVICES = Statement(sa.select(_d.device_hash).where(_d.subject == sa.bindparam("who")))
_FORGET_ALL = Statement(sa.delete(known_device).where(_d.subject == sa.bindparam("who")))
_FORGET_OLDEST = Statement(
    sa.delete(known_device).where(
        _d.subject == sa.bindparam("who"),
        # The device just noted is not looked at: both writes may be one statement.
        _d.device_hash.in_(
            sa.select(_d.device_hash)
            .where(_d.subject == sa.bindparam("who"), _d.device_hash != sa.bindparam("device"))
            .order_by(_d.last_seen_at.desc())
            .limit(1000)
            .offset(sa.bindparam("others"))
        ),
    )
)


def find_by_cookie(tx: Tx, cookie_hash: str) -> tuple[Session, SubjectFacts] | None:
    """Find a session and the facts about its subject, in one statement."""
    row = tx.one(_BY_COOKIE, cookie=cookie_hash)
    return (_read(row[:7]), read_subject_facts(row[7:])) if row else None


def find(tx: Tx, session_id: str) -> Session | None:
    """Find a session by its id, the `sid` of relying parties."""
    row = tx.one(_BY_ID, which=session_id)
    return _read(row) if row else None


def keep(tx: Tx, session_id: str, auth_time: int) -> None:
    """Let a live session go on past a change of credentials at this instant."""
    tx.write(_KEEP, which=session_id, at=auth_time)


def subject_facts(tx: Tx, subject: str) -> SubjectFacts | None:
    """Read the facts about a subject."""
    row = tx.one(_FACTS, who=subject)
    return read_subject_facts(row) if row else None


def facts_and_factors(tx: Tx, subject: str) -> tuple[SubjectFacts | None, bool]:
    """Read the facts about a subject, and whether it has set up a factor, in one statement."""
    row = tx.one(_FACTS_AND_FACTORS, who=subject)
    return (read_subject_facts(row[:-1]), bool(row[-1])) if row else (None, False)


def read_subject_facts(values: tuple[Any, ...]) -> SubjectFacts:
    """Read the columns `SUBJECT_FACTS` of a joined row."""
    return SubjectFacts(
        read_dates(values[:4]),
        from_micros(values[4]),
        from_micros(values[5]) if values[5] is not None else None,
        from_micros(values[6]) if values[6] is not None else None,
    )


def add(tx: Tx, **columns: Any) -> None:
    """Insert a session; every column but its end is named."""
    tx.write(_ADD, **columns)


def renew(tx: Tx, session_id: str, **columns: Any) -> None:
    """Give a session a new cookie and a new time of authentication."""
    tx.write(_RENEW, which=session_id, **columns)


def reauthenticate(tx: Tx, session_id: str, amr: str, at: int) -> bool:
    """Note that the person of a live session authenticated again."""
    return tx.run(_REAUTHENTICATE, which=session_id, amr=amr, at=at) == 1


def touch(tx: Tx, session_id: str, at: int) -> None:
    """Note that a session was used."""
    tx.write(_TOUCH, which=session_id, at=at)


def end(tx: Tx, session_id: str, reason: str, at: int) -> bool:
    """End a session once; False when it had ended already."""
    return tx.run(_END, which=session_id, reason=reason, at=at) == 1


def live_of(tx: Tx, subject: str) -> list[str]:
    """List a subject's sessions that were not ended."""
    return [row[0] for row in tx.all(_LIVE_OF_SUBJECT, who=subject)]


def over_by_time(tx: Tx, now: int, idle_since: int, most: int) -> list[tuple[str, str]]:
    """List sessions (id, subject) past their absolute or idle end that were not ended yet."""
    rows = tx.all(_OVER, now=now, idle_since=idle_since, most=most)
    return [(r[0], r[1]) for r in rows]


def clean(tx: Tx, before: int) -> int:
    """Delete sessions ended before an instant."""
    return tx.run(_CLEAN, before=before)


def account_from_device(
    tx: Tx, address_normal: str, device_hash: str
) -> tuple[Account | None, int | None]:
    """Find an account by its address, and when this device was last signed in to it, if ever."""
    row = tx.one(_ACCOUNT_FROM_DEVICE, address=address_normal, device=device_hash)
    return (read_account(row[:-1]), row[-1]) if row else (None, None)


def device_seen_at(tx: Tx, subject: str, device_hash: str) -> int | None:
    """Tell when a device was last signed in to an account; None when it never was."""
    row = tx.one(_SEEN_AT, who=subject, device=device_hash)
    return row[0] if row else None


def row_at_address(tx: Tx, address_normal: str) -> tuple[Any, ...] | None:
    """Find the account of an address with its member's dates; `idp.sessions.holders` reads it."""
    return tx.one(_AT_ADDRESS, address=address_normal)


def forget_devices(tx: Tx, before: int) -> int:
    """Forget devices that were last used before an instant."""
    return tx.run(_FORGET_OLD, before=before)


def devices_of(tx: Tx, subject: str) -> list[str]:
    """List the hashes of the devices an account knows."""
    return [row[0] for row in tx.all(_DEVICES, who=subject)]


def forget_devices_of(tx: Tx, subject: str) -> int:
    """Forget every device of an account; answers how many."""
    return tx.run(_FORGET_ALL, who=subject)


def know_device(
    tx: Tx, subject: str, device_hash: str, at: int, keep: int, agent: str | None = None
) -> None:
    """Remember a device for an account, forgetting the oldest beyond `keep`."""
    tx.write(_KNOW, who=subject, device=device_hash, at=at, agent=agent)
    tx.write(_FORGET_OLDEST, who=subject, device=device_hash, others=max(0, keep - 1))


def _read(row: tuple[Any, ...]) -> Session:
    return Session(
        id=row[0],
        subject=row[1],
        auth_time=from_micros(row[2]),
        amr=tuple(row[3].split()),
        last_seen_at=from_micros(row[4]),
        expires_at=from_micros(row[5]),
        ended_at=from_micros(row[6]) if row[6] is not None else None,
    )
