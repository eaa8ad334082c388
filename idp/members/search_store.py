"""Rows of the search index of the register: written with each member, read by their beginning.

The folded texts compare by their bytes on both engines, so that one index answers a beginning.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from idp.members.model import Member
from idp.members.search import KeyKind, Wanted, keys_of
from idp.members.tables import member_key
from idp.storage.sql import Tx
from idp.storage.statement import Statement

_k = member_key.c
_last = member_key.alias("last")
_AFTER_ALL = "\U0010ffff"
_own = _k.key >= sa.bindparam("low"), _k.key < sa.bindparam("high")
_named = sa.and_(_k.kind == sa.bindparam("kind"), *_own)
# Of one member: read by their number, and not from all names of a beginning.
_named_so = sa.and_(_k.kind.concat("") == sa.bindparam("kind"), *_own)
_BY_NAME = Statement(
    sa.select(_k.member_number)
    .where(_named)
    .group_by(_k.key, _k.member_number)
    .order_by(_k.key, _k.member_number)
    .limit(sa.bindparam("most"))
)
_BY_PHONE = Statement(
    sa.select(_k.member_number)
    .where(_k.kind == KeyKind.PHONE.value, _k.key == sa.bindparam("last"))
    .order_by(_k.member_number)
    .limit(sa.bindparam("most"))
)
# From the few with these digits to their names: never from all names of a beginning.
_BY_BOTH = Statement(
    sa.select(_last.c.member_number)
    .where(
        _last.c.kind == KeyKind.PHONE.value,
        _last.c.key == sa.bindparam("last"),
        sa.exists().where(_k.member_number == _last.c.member_number, _named_so),
    )
    .order_by(_last.c.member_number)
    .limit(sa.bindparam("most"))
)
_FITS = Statement(
    sa.select(_k.member_number)
    .where(_k.member_number == sa.bindparam("number"), _named_so)
    .limit(1)
)
_HAS_PHONE = Statement(
    sa.select(_k.member_number).where(
        _k.member_number == sa.bindparam("number"),
        _k.kind == KeyKind.PHONE.value,
        _k.key == sa.bindparam("last"),
    )
)
_DELETE = Statement(sa.delete(member_key).where(_k.member_number == sa.bindparam("number")))
_ADD = Statement(sa.insert(member_key).values({c.name: sa.bindparam(c.name) for c in _k}))


def write(tx: Tx, members: Sequence[Member], *, new: bool = False) -> None:
    """Write what members are found under, in place of what they were found under before."""
    if not new:
        tx.run_many(_DELETE, [{"number": one.member_number} for one in members])
    tx.run_many(
        _ADD,
        [
            {"member_number": one.member_number, "kind": kind, "key": key}
            for one in members
            for kind, key in sorted(keys_of(one))
        ],
    )


def find(tx: Tx, wanted: Wanted, most: int) -> list[str]:
    """List the numbers of those who fit, at most `most`; a number alone is not looked up here."""
    name = _range_of(wanted)
    if wanted.number is not None:
        return [wanted.number] if _fits(tx, wanted, name) else []
    if wanted.phone_last is not None and name is not None:
        rows = tx.all(_BY_BOTH, last=wanted.phone_last, most=most, **name)
    elif wanted.phone_last is not None:
        rows = tx.all(_BY_PHONE, last=wanted.phone_last, most=most)
    else:
        # Somebody may be found under several names: enough rows for `most` people.
        rows = tx.all(_BY_NAME, most=most * 4, **(name or {}))
    return list(dict.fromkeys(row[0] for row in rows))[:most]


def _fits(tx: Tx, wanted: Wanted, name: dict[str, str] | None) -> bool:
    if name is not None and tx.one(_FITS, number=wanted.number, **name) is None:
        return False
    last = wanted.phone_last
    return last is None or tx.one(_HAS_PHONE, number=wanted.number, last=last) is not None


def _range_of(wanted: Wanted) -> dict[str, str] | None:
    if wanted.name is None:
        return None
    kind = KeyKind.KANA if wanted.is_kana else KeyKind.NAME
    return {"kind": kind.value, "low": wanted.name, "high": wanted.name + _AFTER_ALL}
