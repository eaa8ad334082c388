"""Blocks as the console shows them: by cause, one, or those behind a reference code.

Whoever opens a block on a member's account has looked at that member: it is an event the member
sees. Names and numbers are for those who may see members; others know a block by its own code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from ipaddress import ip_address
from typing import Any

from audit.event import Actor, Personal
from audit.names import EventName
from idp.accounts import store as accounts
from idp.attempts.explaining import Explained, explain
from idp.audit_search.model import BadCriteria, read_reference
from idp.block_room import store
from idp.block_room.limiting import LookUps
from idp.block_room.model import BadAddress, Cause, OwnBlock, is_id
from idp.blocks import store as blocks
from idp.blocks.model import Block, SubjectKind
from idp.clock import to_micros
from idp.journal.model import Behind
from idp.journal.reading import EventReader
from idp.journal.service import Journal
from idp.lifecycle.block_desk import ADDRESS_RULES, BlockDesk, NoBlock
from idp.members import store as members
from idp.members.model import name_on
from idp.policy.model import LimitName
from idp.staff import store as staff
from idp.storage.sql import Tx
from idp.subjects.service import PersonKeys, stranger
from idp.web.caller import bucket_keys

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
    persons: PersonKeys
    look_ups: LookUps

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

        On a member's account that is a look at the member, whether the number is shown or not; one
        that is shown counts as a look-up (`TooManyLooks`).
        """
        now = self.desk.clock.now()
        with self.desk.database.begin() as tx:
            block = blocks.find(tx, block_id) if is_id(block_id) else None
            if block is None:
                raise NoBlock("there is no such block")
            if members_too and block.subject_kind is SubjectKind.MEMBER and block.subject:
                self.look_ups.take(tx, str(actor.id))
            self._looked(tx, block, actor, behind)
            today = self.desk.clock.today()
            person = _person(tx, block, today, members_too=members_too, staff_too=staff_too)
        return Opened(block, block.runs(now), person)

    def look_up(
        self, typed: str, actor: Actor, behind: Behind
    ) -> tuple[Explained, str | None] | None:
        """Find what stands behind a reference code, and the network it came from, masked.

        Looking is an event, found or not.

        Raises `BadCriteria` for what cannot be a code, `TooManyLooks`.
        """
        if len(typed) > LONGEST_CODE:
            raise BadCriteria("a reference code has eight letters and digits")
        code = read_reference(typed)
        with self.desk.database.begin() as tx:
            self.look_ups.take(tx, str(actor.id))
            found = explain(tx, code)
            about = {"name": None, "reference": code, "found": int(found is not None)}
            self._record(tx, EventName.AUDIT_SEARCHED, None, actor, behind, about)
            subject = found.attempt.subject if found is not None and found.attempt else None
            if subject is not None:
                self._viewed(tx, subject, actor, behind, {"what": "attempt", "reference": code})
            network = self._network(tx, found)
        return (found, network) if found is not None else None

    def at_address(self, typed: str, actor: Actor, behind: Behind) -> tuple[str, list[Block]]:
        """List what runs on an address or its networks; gives the address as it was read, too.

        Raises `BadAddress`, `TooManyLooks`.
        """
        try:
            address = ip_address(typed.strip())
        except ValueError:
            raise BadAddress("no address of the Internet Protocol") from None
        now = self.desk.clock.now()
        with self.desk.database.begin() as tx:
            self.look_ups.take(tx, str(actor.id))
            found = [
                one
                for rule, key in zip(ADDRESS_RULES, bucket_keys(address), strict=False)
                for one in blocks.running_on(tx, f"{rule.value}:{key}", to_micros(now))
            ]
            place = Personal(str(address), stranger(now))
            about = {"name": None, "address": place, "found": len(found)}
            self._record(tx, EventName.AUDIT_SEARCHED, None, actor, behind, about)
        return str(address), found

    def lift(self, block_id: str, actor: Actor, reason: str, behind: Behind) -> Block:
        """Lift one block that runs; raises `NoBlock`, `OwnBlock`, `ReasonNeeded`."""
        if not is_id(block_id):
            raise NoBlock("there is no such block")
        with self.desk.database.read() as tx:
            block = blocks.find(tx, block_id)
        if block is not None and block.subject == actor.id:
            raise OwnBlock("this block stands on your own account")
        return self.desk.lift(block_id, actor, reason, behind)

    def lifted(self, before: tuple[int, str] | None = None, most: int = PAGE) -> list[Block]:
        """List what was lifted, the last first; before (instant, id)."""
        start = before or (to_micros(self.desk.clock.now()) + 1, "")
        with self.desk.database.read() as tx:
            found = [blocks.find(tx, one) for one in store.lifted_before(tx, start, most)]
        return [one for one in found if one is not None]

    def lifters(self) -> dict[str, str]:
        """Give the names of the staff by id: who lifted what is no secret among them."""
        with self.desk.database.read() as tx:
            return {one.id: one.name for one in staff.list_all(tx)}

    def _network(self, tx: Tx, found: Explained | None) -> str | None:
        """Give the caller's network: enough to tell a school from a stranger, not a person."""
        if found is None or found.line is None:
            return None
        opened = EventReader(self.persons).open(tx, json.dumps(found.line))
        address = (opened.get("source") or {}).get("address")
        return masked_address(str(address)) if address else None

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


def masked_address(address: str) -> str:
    """Cut an address to what tells a provider or a school: two numbers, or three groups."""
    if ":" in address:
        return ":".join(address.split(":")[:3]) + ":…"
    return ".".join([*address.split(".")[:2], "…"])
