"""Blocks as the console shows them: by cause, one, or those behind a reference code.

Whoever opens a block on a member's account has looked at that member: it is an event the member
sees. Names and numbers are for those who may see members; others know a block by its own code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from audit.event import Actor, Personal
from audit.names import EventName
from idp.accounts import store as accounts
from idp.attempts.explaining import Explained, explain
from idp.audit_search.model import BadCriteria, read_reference
from idp.block_room import store
from idp.block_room.model import Cause, is_id
from idp.blocks import store as blocks
from idp.blocks.model import Block, SubjectKind
from idp.clock import to_micros
from idp.journal.model import Behind
from idp.journal.service import Journal
from idp.lifecycle.block_desk import BlockDesk, NoBlock
from idp.members import store as members
from idp.members.model import name_on
from idp.policy.model import LimitName
from idp.staff import store as staff
from idp.storage.sql import Tx

DAYS = 14
PAGE = 50
LONGEST_CODE = 40


@dataclass(frozen=True, slots=True)
class Person:
    """Whose account a block stands on: a member of the register, or somebody of the staff."""

    kind: SubjectKind
    number: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """One block as it is now, with its person for those who may know."""

    block: Block
    runs: bool
    person: Person | None


@dataclass(frozen=True)
class BlockRoom:
    """Looks at blocks for somebody, with the event of the look."""

    desk: BlockDesk
    journal: Journal

    def causes(self) -> list[Cause]:
        """Count by cause, the most that run first."""
        now = self.desk.clock.now()
        with self.desk.database.read() as tx:
            running = blocks.count_running(tx, to_micros(now))
            begun = store.begun_since(tx, to_micros(now - timedelta(days=1)))
        rules: set[LimitName | None] = {
            None if name == "person" else LimitName(name) for name in running
        }
        rules |= {LimitName(name) if name is not None else None for name in begun}
        found = [
            Cause(
                rule,
                running.get(rule.value if rule else "person", 0),
                begun.get(rule.value if rule else None, 0),
            )
            for rule in rules
        ]
        return sorted(found, key=lambda one: (-one.running, -one.since_yesterday, str(one.rule)))

    def by_day(self) -> list[tuple[int, LimitName | None, int]]:
        """Count what began, by day in Japan and rule, over the last days."""
        day = (to_micros(self.desk.clock.now()) + store.TOKYO_MICROS) // store.DAY_MICROS
        since = (day - DAYS + 1) * store.DAY_MICROS - store.TOKYO_MICROS - 1
        with self.desk.database.read() as tx:
            return store.begun_by_day(tx, since)

    def begun_since_yesterday(self) -> int:
        """Count the blocks of the last 24 hours."""
        since = to_micros(self.desk.clock.now() - timedelta(days=1))
        with self.desk.database.read() as tx:
            return sum(store.begun_since(tx, since).values())

    def open(
        self, block_id: str, actor: Actor, behind: Behind, *, members_too: bool, staff_too: bool
    ) -> Opened:
        """Open one block; raises `NoBlock`.

        On a member's account that is a look at the member, whether the number is shown or not.
        """
        now = self.desk.clock.now()
        with self.desk.database.begin() as tx:
            block = blocks.find(tx, block_id) if is_id(block_id) else None
            if block is None:
                raise NoBlock("there is no such block")
            self._looked(tx, block, actor, behind)
            today = self.desk.clock.today()
            person = _person(tx, block, today, members_too=members_too, staff_too=staff_too)
        return Opened(block, block.runs(now), person)

    def look_up(self, typed: str, actor: Actor, behind: Behind) -> Explained | None:
        """Find what stands behind a reference code; looking is an event, found or not.

        Raises `BadCriteria` for what cannot be a code.
        """
        if len(typed) > LONGEST_CODE:
            raise BadCriteria("a reference code has eight letters and digits")
        code = read_reference(typed)
        with self.desk.database.begin() as tx:
            found = explain(tx, code)
            about = {"name": None, "reference": code, "found": int(found is not None)}
            self._record(tx, EventName.AUDIT_SEARCHED, None, actor, behind, about)
            subject = found.attempt.subject if found is not None and found.attempt else None
            if subject is not None:
                self._viewed(tx, subject, actor, behind, {"what": "attempt", "reference": code})
        return found

    def _looked(self, tx: Tx, block: Block, actor: Actor, behind: Behind) -> None:
        if block.subject is not None and block.subject_kind is SubjectKind.MEMBER:
            about = {"what": "block", "block": block.id}
            self._viewed(tx, block.subject, actor, behind, about)

    def _viewed(
        self, tx: Tx, subject: str, actor: Actor, behind: Behind, about: Mapping[str, Any]
    ) -> None:
        account = accounts.find(tx, subject)
        if account is None:
            return  # somebody of the staff, or an account that never was
        number = Personal(account.member_number, subject)
        data = {"member": number, **about}
        self._record(tx, EventName.MEMBER_VIEWED, subject, actor, behind, data)

    def _record(
        self,
        tx: Tx,
        name: EventName,
        subject: str | None,
        actor: Actor,
        behind: Behind,
        data: Mapping[str, Any],
    ) -> None:
        self.journal.record(
            tx,
            name,
            self.desk.clock.now(),
            actor=actor,
            subject=subject,
            session=behind.session,
            origin=behind.origin,
            data={**behind.data, **data},
        )


def _person(
    tx: Tx, block: Block, today: date, *, members_too: bool, staff_too: bool
) -> Person | None:
    if block.subject is None:
        return None
    if block.subject_kind is SubjectKind.STAFF:
        account = staff.find(tx, block.subject) if staff_too else None
        return Person(SubjectKind.STAFF, None, account.name if account else None)
    owner = accounts.find(tx, block.subject) if members_too else None
    if owner is None:
        return Person(SubjectKind.MEMBER, None, None)
    member = members.find(tx, owner.member_number)
    return Person(
        SubjectKind.MEMBER, owner.member_number, name_on(member, today).shown if member else None
    )
