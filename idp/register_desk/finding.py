"""Looking for members: what is typed into one box finds rows that show as little as will do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from audit.event import Actor, Personal
from audit.names import EventName
from idp.accounts import store as accounts
from idp.clock import Clock
from idp.journal.model import Behind
from idp.journal.service import Journal
from idp.members import search_store
from idp.members import store as members
from idp.members.model import Member, name_on
from idp.members.search import read_wanted
from idp.members.standing import standing
from idp.register_desk.looks import Look, Looks
from idp.register_desk.masking import masked_kana, masked_name
from idp.register_desk.withdrawals import account_state
from idp.storage.sql import Database, Tx

PER_PAGE: Final = 50
MOST: Final = 500
"""More are not listed: who finds so many has to type more."""
LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Found:
    """One member in a list."""

    number: str
    name: str
    kana: str
    standing: str
    account: str
    workplace: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what a search found; `count` is cut at `MOST`."""

    rows: tuple[Found, ...]
    count: int
    page: int

    @property
    def pages(self) -> int:
        """Count the pages."""
        return max(1, -(-self.count // PER_PAGE))


@dataclass(frozen=True)
class Finding:
    """Searches the register."""

    database: Database
    clock: Clock
    journal: Journal
    looks: Looks

    def search(
        self, typed: str, page: int, staff_id: str, actor: Actor, behind: Behind, *, full: bool
    ) -> Page:
        """Find members; raises `BadSearch`, `TooManyLooks`. `full` shows where they work, too.

        What was typed stands in the log, sealed under the key of whoever typed it: an auditor can
        tell a neighbour who was looked for from one who called.
        """
        wanted = read_wanted(typed)
        self.looks.spend(Look.SEARCH, staff_id, actor, behind)
        with self.database.read() as tx:
            numbers = search_store.find(tx, wanted, MOST)
            shown = numbers[(page - 1) * PER_PAGE : page * PER_PAGE]
            rows = tuple(self._row(tx, number, full=full) for number in shown)
        found = tuple(row for row in rows if row is not None)
        data = {
            "what": "search",
            "by": list(wanted.kinds),
            "typed": Personal(typed[:LONGEST], staff_id),
            "count": len(numbers),
            "page": page,
        }
        now = self.clock.now()
        with self.database.begin() as tx:
            self.journal.record(
                tx,
                EventName.REGISTER_LISTED,
                now,
                actor=actor,
                session=behind.session,
                origin=behind.origin,
                data=data,
            )
        return Page(found, len(numbers) if rows != (None,) else 0, page)

    def _row(self, tx: Tx, number: str, *, full: bool) -> Found | None:
        member = members.find(tx, number)
        if member is None:
            return None
        return found_row(tx, member, self.clock, full=full)


def found_row(tx: Tx, member: Member, clock: Clock, *, full: bool) -> Found:
    """Show a member in a list."""
    today = clock.today()
    name = name_on(member, today)
    account = accounts.find_by_number(tx, member.member_number)
    return Found(
        member.member_number,
        masked_name(name),
        masked_kana(name),
        standing(member, today).value,
        account_state(account),
        member.workplace if full else "",
    )
