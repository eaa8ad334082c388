"""Print letters: read, render, put the file on disk, and only then note that they are printed.

A crash in between prints a letter again rather than never. Rendering happens outside any
transaction; one run prints at most so many letters, so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from audit.event import Actor
from audit.names import EventName
from idp.clock import Clock, date_in_tokyo, to_micros
from idp.errors import SettingsError
from idp.invitations import store
from idp.invitations.issuing import Issuing
from idp.invitations.letter_pdf import LetterBook, find_font
from idp.invitations.letter_text import letter_for
from idp.invitations.model import Invitation, Letter, SentBy, State, last_day
from idp.journal.model import NOBODY, Behind
from idp.members import store as members
from idp.members.model import address_on
from idp.members.standing import has_membership
from idp.storage.sql import Database
from idp.subjects.service import by_number, told_of
from keys.files import create_file

PAGE = 500
MOST = 5_000
Progress = Callable[[str, int], None]
"""Told how many letters a step has done: they are drawn, put into one file, and noted."""
DRAWN, FILE, NOTED = "letters", "file", "noted"


@dataclass
class Printed:
    """What one run printed; lists hold member numbers."""

    letters: int = 0
    waiting: int = 0
    """Letters that did not fit into this run."""
    without_address: list[str] = field(default_factory=list)
    missing_characters: list[str] = field(default_factory=list)
    ended_meanwhile: list[str] = field(default_factory=list)
    """In the file, and ended while it was made: take these sheets out."""


@dataclass(frozen=True)
class Printing:
    """Prints the letters that wait."""

    database: Database
    clock: Clock
    issuing: Issuing
    issuer: str

    def renew_pending(self, actor: Actor) -> int:
        """Make a new letter for everybody who was invited and has not registered, however that was.

        A reminder: codes are not kept, so each gets a new one, and the old one ends.
        """
        now = self.clock.now()
        done, after = 0, ""
        while True:
            with self.database.begin() as tx:
                page = store.list_pending(tx, after, PAGE)
                again = [one for one in page if one.state(now) is not State.TO_PRINT]
                known = [members.get(tx, one.member_number) for one in again]
                people = [one for one in known if has_membership(one, date_in_tokyo(now))]
                self.issuing.issue(tx, people, now, actor, sent_by=SentBy.LETTER)
            done += len(people)
            if len(page) < PAGE:
                return done
            after = page[-1].selector

    def waiting(self, most: int = MOST) -> list[Letter]:
        """List letters that wait, with a postal address to send them to or without."""
        found: list[Letter] = []
        with self.database.read() as tx:
            while len(found) < most:
                after = found[-1].invitation.selector if found else ""
                now = to_micros(self.clock.now())
                page = store.list_letters(tx, after, now, min(PAGE, most - len(found)))
                if not page:
                    break
                found.extend(page)
        return found

    def print_to(
        self,
        out: Path,
        actor: Actor,
        *,
        font: Path | None = None,
        most: int = MOST,
        progress: Progress = lambda _step, _done: None,
    ) -> Printed:
        """Print up to `most` waiting letters into a new file of mode 0600.

        Raises `FontMissing`, `SettingsError` for a file that is there, `HomeUnavailable`.
        """
        if out.exists():
            raise SettingsError(f"{out} is there already; letters never overwrite a file")
        book = LetterBook(find_font(font))
        waiting = self.waiting(most + 1)
        report = Printed(waiting=max(0, len(waiting) - most))
        today = self.clock.today()
        printed: list[Invitation] = []
        for letter in waiting[:most]:
            number = letter.member.member_number
            if address_on(letter.member, today) is None:
                report.without_address.append(number)
                continue
            if not self._add(book, letter):
                report.missing_characters.append(number)
            printed.append(letter.invitation)
            progress(DRAWN, len(printed))
        report.letters = len(printed)
        if printed:
            progress(FILE, 0)
            _save(out, book.finish())
            progress(FILE, len(printed))
            self._note(printed, actor, report, progress)
        return report

    def draw(self, letters: Sequence[Letter], font: Path | None = None) -> tuple[bytes, list[str]]:
        """Render letters as one PDF; gives it, and whose characters the font lacks.

        Nothing is noted: codes are kept until somebody says that the sheets lie before them
        (`note`). Raises `FontMissing`.
        """
        book = LetterBook(find_font(font))
        lacking = [one.member.member_number for one in letters if not self._add(book, one)]
        return book.finish(), lacking

    def note(
        self, invitations: Sequence[Invitation], actor: Actor, behind: Behind = NOBODY
    ) -> Printed:
        """Note that letters are on paper, and forget their codes."""
        report = Printed(letters=len(invitations))
        self._note(list(invitations), actor, report, lambda _step, _done: None, behind)
        return report

    def _add(self, book: LetterBook, letter: Letter) -> bool:
        now = self.clock.now()
        text = letter_for(
            letter.member,
            self.issuing.open_letter(letter),
            date_in_tokyo(now),
            last_day(letter.invitation.expires_at),
            self.issuer,
            self.issuing.policy.policy.organisation,
        )
        return book.add(text)

    def _note(
        self,
        printed: list[Invitation],
        actor: Actor,
        report: Printed,
        progress: Progress,
        behind: Behind = NOBODY,
    ) -> None:
        for begin in range(0, len(printed), PAGE):
            now = self.clock.now()
            page = printed[begin : begin + PAGE]
            people = [by_number(one.member_number) for one in page]
            with self.database.begin() as tx:
                self.issuing.journal.persons.prepare(tx, people, now)
                for one in page:
                    if not store.printed(tx, one.selector, to_micros(now)):
                        report.ended_meanwhile.append(one.member_number)
                        continue
                    self.issuing.journal.record(
                        tx,
                        EventName.INVITATION_PRINTED,
                        now,
                        actor=actor,
                        session=behind.session,
                        origin=behind.origin,
                        data={"member": told_of(one.member_number), **behind.data},
                    )
            progress(NOTED, min(begin + PAGE, len(printed)))


def _save(out: Path, content: bytes) -> None:
    try:
        create_file(out, content)
    except FileExistsError as error:
        raise SettingsError(f"{out} is there already; letters never overwrite a file") from error
