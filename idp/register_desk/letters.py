"""Invitations that wait, and the letters among them: listed, drawn as a PDF, noted as printed.

Drawing a PDF notes nothing: a download that breaks off costs nobody a letter. Codes are forgotten
when somebody says that the sheets lie before them, and only those of the letters that were listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from audit.event import Actor
from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.invitations import store as invitations
from idp.invitations.model import Invitation, Letter
from idp.journal.model import Behind
from idp.journal.service import Journal
from idp.members import store as members
from idp.members.model import Member, address_on, name_on
from idp.register_desk import store
from idp.register_desk.masking import masked_name
from idp.storage.sql import Database, Tx

if TYPE_CHECKING:
    from idp.invitations.printing import Printed, Printing

PER_PAGE: Final = 50
READ_AT_ONCE: Final = 100


class NoLetters(IdpError):
    """None of these letters waits to be printed any more."""

    code = "no_letters"
    status = 409


@dataclass(frozen=True, slots=True)
class Listed:
    """One invitation in a list."""

    invitation: Invitation
    name: str
    sendable: bool
    """A letter needs a postal address."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One page of invitations that nobody has used yet."""

    rows: tuple[Listed, ...]
    count: int
    letters: int
    after: str | None


@dataclass(frozen=True)
class Letters:
    """Lists and prints."""

    database: Database
    clock: Clock
    journal: Journal
    printing: Callable[[], Printing]
    """Writing PDFs costs a third of a second to import, and serving needs none of it."""
    at_once: Callable[[], int]
    """Letters in one file (policy)."""

    def pending(self, after: str, actor: Actor, behind: Behind) -> Pending:
        """Give a page of invitations that wait; recorded, for it lists members."""
        now = self.clock.now()
        with self.database.begin() as tx:
            found = invitations.list_pending(tx, after, PER_PAGE + 1)
            shown = found[:PER_PAGE]
            rows = tuple(self._listed(x, members.get(tx, x.member_number)) for x in shown)
            count, letters = store.count_pending(tx), store.count_letters(tx, to_micros(now))
            self._record(tx, actor, behind, {"what": "invitations", "count": len(rows)}, now)
        more = shown[-1].selector if len(found) > PER_PAGE else None
        return Pending(rows, count, letters, more)

    def waiting(self, actor: Actor, behind: Behind) -> tuple[list[Listed], list[Listed], int]:
        """List the next letters to print, some that lack an address, and count all.

        Recorded, for it lists members.
        """
        now = self.clock.now()
        whole: list[Letter] = []
        lacking: list[Letter] = []
        with self.database.read() as tx:
            for letter in _waiting(tx, to_micros(now)):
                (whole if self._has_address(letter) else lacking).append(letter)
                if len(whole) == self.at_once():
                    break
        with self.database.begin() as tx:
            count = store.count_letters(tx, to_micros(now))
            about = {"what": "letters", "count": len(whole) + len(lacking)}
            self._record(tx, actor, behind, about, now)
        listed = [self._listed(one.invitation, one.member) for one in whole]
        return listed, [self._listed(x.invitation, x.member) for x in lacking[:PER_PAGE]], count

    def draw(self, selectors: Sequence[str], actor: Actor, behind: Behind) -> bytes:
        """Draw letters that wait as a PDF, with an event; raises `NoLetters`, `FontMissing`."""
        chosen = [one for one in self._chosen(selectors) if self._has_address(one)]
        if not chosen:
            raise NoLetters("none of them waits, or none has a postal address")
        content, _ = self.printing().draw(chosen)
        now = self.clock.now()
        with self.database.begin() as tx:
            self.journal.record(
                tx,
                EventName.EXPORT_MADE,
                now,
                actor=actor,
                session=behind.session,
                origin=behind.origin,
                data={"state": "taken", "list": "letters", "count": len(chosen)},
            )
        return content

    def printed(self, selectors: Sequence[str], actor: Actor, behind: Behind) -> Printed:
        """Note that letters are on paper; raises `NoLetters`."""
        chosen = [one.invitation for one in self._chosen(selectors) if self._has_address(one)]
        if not chosen:
            raise NoLetters("none of them waits")
        return self.printing().note(chosen, actor, behind)

    def _chosen(self, selectors: Sequence[str]) -> list[Letter]:
        wanted, now = set(selectors), to_micros(self.clock.now())
        with self.database.read() as tx:
            return [one for one in _waiting(tx, now) if one.invitation.selector in wanted]

    def _has_address(self, letter: Letter) -> bool:
        return address_on(letter.member, self.clock.today()) is not None

    def _listed(self, one: Invitation, member: Member) -> Listed:
        today = self.clock.today()
        name = masked_name(name_on(member, today))
        return Listed(one, name, address_on(member, today) is not None)

    def _record(
        self, tx: Tx, actor: Actor, behind: Behind, data: dict[str, object], now: datetime
    ) -> None:
        self.journal.record(
            tx,
            EventName.REGISTER_LISTED,
            now,
            actor=actor,
            session=behind.session,
            origin=behind.origin,
            data=data,
        )


def _waiting(tx: Tx, now: int) -> Iterator[Letter]:
    """Give letters that wait, page by page."""
    after = ""
    while page := invitations.list_letters(tx, after, now, READ_AT_ONCE):
        yield from page
        after = page[-1].invitation.selector
