"""What a register file would change, batch by batch, and the digests a second person decides upon.

A digest covers, per member who changes, the values before and after, and nothing else: neither the
day from which they will hold (it is the day of applying) nor members of whom the file tells nothing
new. So whatever the register learns meanwhile about somebody the file is silent about changes no
digest, and whatever would be overwritten changes one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from idp.members.changes import Change, Create, Unchanged, Update
from idp.members.model import Member
from idp.members.register_file import BadLine, RegisterRow
from idp.members.standing import access_ends_on
from idp.register_desk.file_model import FileReport, Refusal, Shown

BATCH: Final = 500
"""Rows of one transaction: the writer of SQLite is held for well under a second."""
SHOWN: Final = 300
REFUSALS: Final = 10_000
_DATES: Final = (
    "capital_paid_on",
    "withdrawal_accepted_on",
    "refund_planned_on",
    "capital_refunded_on",
)


def batches(rows: Iterable[RegisterRow | BadLine]) -> Iterator[list[RegisterRow | BadLine]]:
    """Cut a file into batches, in its order."""
    batch: list[RegisterRow | BadLine] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def digest_of(changes: Iterable[Change]) -> str:
    """Identify what a batch changes: SHA-256 in lower-case hex."""
    digest = hashlib.sha256()
    for change in changes:
        if not isinstance(change, Unchanged):
            digest.update(msgspec.json.encode(_told(change)))
            digest.update(b"\n")
    return digest.hexdigest()


def digest_of_all(digests: Sequence[str]) -> str:
    """Identify what a whole file changes."""
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def is_leaving(change: Change) -> bool:
    """Tell whether a change lets somebody's access end, or end sooner."""
    if not isinstance(change, Update):
        return False
    before, after = access_ends_on(change.before), access_ends_on(change.after)
    withdrew = change.before.withdrawal_accepted_on is None
    if withdrew and change.after.withdrawal_accepted_on is not None:
        return True
    return after is not None and (before is None or after < before)


@dataclass
class Plan:
    """What is gathered while a file is compared."""

    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("lines", "created", "updated", "leaving", "unchanged", "refused"), 0
        )
    )
    digests: list[str] = field(default_factory=list)
    report: FileReport = field(default_factory=FileReport)

    def refuse(self, bad: BadLine) -> None:
        """Note a line that cannot be read."""
        self.counts["refused"] += 1
        if len(self.report.refusals) < REFUSALS:
            self.report.refusals.append(Refusal(bad.number, bad.column, bad.reason))

    def add(self, changes: Sequence[Change]) -> None:
        """Note what a batch would change."""
        self.digests.append(digest_of(changes))
        for change in changes:
            self._count(change)

    def _count(self, change: Change) -> None:
        if isinstance(change, Unchanged):
            self.counts["unchanged"] += 1
            return
        leaving = is_leaving(change)
        self.counts["created" if isinstance(change, Create) else "updated"] += 1
        self.counts["leaving"] += leaving
        if len(self.report.shown) < SHOWN:
            self.report.shown.append(_shown(change, leaving))


def _shown(change: Create | Update, leaving: bool) -> Shown:
    if isinstance(change, Create):
        return Shown(change.member.member_number, "new", leaving)
    return Shown(change.after.member_number, ", ".join(sorted(change.fields)), leaving)


def _told(change: Create | Update) -> Any:
    if isinstance(change, Create):
        return ("create", _values(change.member))
    number = change.after.member_number
    return ("update", number, sorted(change.fields.items()))


def _values(member: Member) -> Any:
    """Give everything a new member comes with, except from which day it holds."""
    return (
        member.member_number,
        member.birth_on,
        member.employment,
        member.workplace,
        member.email,
        member.external_id,
        [entry.value for entry in member.names],
        [entry.value for entry in member.addresses],
        [entry.value for entry in member.phones],
        [getattr(member, name) for name in _DATES],
    )
