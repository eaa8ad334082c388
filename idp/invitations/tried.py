"""An invitation somebody tries, with its member and account; the same work when there is none.

For an unknown selector a row of the same shape is read, so that what is made of a row (dates,
names, rules) costs alike; whether it is a stand-in is asked last.
"""

from __future__ import annotations

from typing import Any

from idp.invitations.model import Tried
from idp.invitations.store import INVITATION, read_invitation, tried_row
from idp.members.store import MEMBER_COLUMNS, read_member
from idp.storage.sql import Tx

_LONG_AGO, _YEAR_3000 = 1_000_000_000_000_000, 32_503_680_000_000_000
_FACTS = """\
{"names": [[{"family": "見本", "given": "入", "family_kana": "", "given_kana": ""}, "2001-09-09"]],
"addresses": [[{"postal_code": "000-0000", "region": "東京都", "locality": "架空市",
"street_address": "見本町1-1-1"}, "2001-09-09"]], "phones": [["090-0000-0000", "2001-09-09"]]}
"""
_NOT_INVITED = (
    *("000000", "00000000", "letter", _LONG_AGO, _YEAR_3000, None, None, None, None, "0" * 64),
    *("00000000", "1950-04-01", "working", "", _FACTS, None, "2001-09-09", None, None, None, None),
    *(None, None, None),
)
"""What is read where there is no row: the live invitation of a member who may register."""


def find_tried(tx: Tx, selector: str) -> Tried | None:
    """Find an invitation with its member and account."""
    row = tried_row(tx, selector)
    return _read(row) if row else None


def try_selector(tx: Tx, selector: str) -> tuple[Tried, bool]:
    """Find as `find_tried`; for an unknown selector a stand-in that cost as much, and False."""
    row = tried_row(tx, selector)
    return _read(row or _NOT_INVITED), row is not None


def _read(row: tuple[Any, ...]) -> Tried:
    width, facts = len(INVITATION), len(MEMBER_COLUMNS)
    subject, stopped_at, disabled_at = row[width + 1 + facts :]
    return Tried(
        invitation=read_invitation(row[:width]),
        code_hash=row[width],
        member=read_member(row[width + 1 : width + 1 + facts]),
        subject=subject,
        stopped=stopped_at is not None,
        disabled=disabled_at is not None,
    )
