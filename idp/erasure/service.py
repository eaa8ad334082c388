"""Erase a person: everything said in clear goes, the key to the rest is destroyed.

What stays: the member number with the four dates of membership (the co-operative has to account for
the capital, and no number is given twice), the subject, and events whose personal values nobody can
read. Refused while the membership lasts, and while a legal hold stands.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.model import Account, EndReason
from idp.clock import Clock, to_micros
from idp.erasure import store
from idp.erasure.record import Entry, ErasedFile
from idp.errors import IdpError
from idp.journal.service import SYSTEM, Journal
from idp.lifecycle.credentials import hold_account
from idp.lifecycle.endings import Endings
from idp.mails.promise import Mails
from idp.members import store as members
from idp.members.model import Dated, Employment, Member, Name
from idp.members.standing import Standing, standing
from idp.retention import store as holds
from idp.retention.holds import all_over, standing_over
from idp.storage.copies import leave_no_remains
from idp.storage.sql import Database, Tx
from idp.subjects.service import PersonKeys, by_number
from keys.errors import KeysError

BORN = date(1900, 1, 1)
NOBODY = Name("消去済み", "", "ショウキョズミ", "")
PAGE = 500
MOMENT = timedelta(minutes=1)
FINISHED = "finished from the list of erased persons"
Forget = Callable[[Tx, str, str], object]
"""What else forgets a person (subject, member number), in the transaction of the erasure and while
the person's key is still there: the search index of the log."""


class UnknownPerson(IdpError):
    """There is neither a member of this number nor an account of this subject."""

    code = "unknown_person"
    status = 404


class MayNotErase(IdpError):
    """The person may not be erased now; the text says why."""

    code = "may_not_erase"
    status = 409


@dataclass(frozen=True, slots=True)
class Person:
    """Who is to be erased."""

    member: Member
    account: Account | None

    @property
    def subject(self) -> str | None:
        """Give the subject of the account, if there is one."""
        return self.account.subject if self.account else None

    @property
    def number(self) -> str:
        """Give the member number."""
        return self.member.member_number


@dataclass(frozen=True)
class Eraser:
    """Erases people. `on_erasure` is filled by the assembly."""

    database: Database
    clock: Clock
    journal: Journal
    persons: PersonKeys
    endings: Endings
    mails: Mails
    file: ErasedFile
    on_erasure: tuple[Forget, ...] = ()

    def look(self, who: str) -> dict[str, Any]:
        """Tell what an erasure would take away; raises `UnknownPerson`, `MayNotErase`."""
        with self.database.read() as tx:
            person = self._find(tx, who)
            self._require(tx, person)
            counted = store.count_of(tx, person.subject, person.number)
            addresses = self._addresses(tx, person)
        mails = self._mails_of(person, addresses)
        return {
            "number": person.number,
            "subject": person.subject,
            **counted,
            "mails": len(mails),
        }

    def erase(self, who: str, reason: str, actor: Actor) -> Entry:
        """Erase a person; raises `UnknownPerson`, `MayNotErase`.

        When this returns no key is left, and the line that a restore needs is on the disk.
        """
        with self.database.read() as tx:
            person = self._find(tx, who)
        return self._erase(person, reason, actor)

    def finish(self) -> int:
        """Erase whoever is written in the file and still here; answers how many there were.

        That is what a crash in the middle left, and everybody whom a restored backup brought back.
        A hold that was placed after the line was written comes first, as long as it stands; one
        from before it was lifted when the line was written, whatever a backup says.
        """
        done = 0
        with self.database.read() as tx:
            erased = members.erased(tx)
        for entry in self.file.newest():
            if entry.number in erased:
                continue
            with self.database.read() as tx:
                person = self._find_entry(tx, entry)
            if person is None:
                continue
            with suppress(MayNotErase):
                self._erase(person, FINISHED, SYSTEM, entry)
                done += 1
        return done

    def _erase(
        self, person: Person, reason: str, actor: Actor, begun: Entry | None = None
    ) -> Entry:
        """Erase; `begun` is the line of an erasure that is to be finished."""
        with self.database.read() as tx:
            addresses = self._addresses(tx, person)
        mails = self._mails_of(person, addresses)
        now = self.clock.now()
        entry = Entry(person.subject, person.number, now.isoformat())
        with self.database.begin() as tx:
            holds.hold_off(tx)
            members.hold(tx)
            if person.subject is not None:
                hold_account(tx, person.subject)
            person = self._find(tx, person.number)
            if begun is None:
                self._require(tx, person)
            later = self._require_no_later_hold(tx, person, begun) if begun is not None else False
            # What was promised since; ids are in the order of time, give or take a moment.
            mails += self._mails_in(tx, person, addresses, _id_at(now - MOMENT))
            self._take_out(tx, person, addresses, mails, actor, now)
            self._record(tx, person, reason, actor, now)
            if begun is None or later:
                # The line comes first: a commit without it would be undone by a restore.
                self.file.append(entry)
        leave_no_remains(self.database)
        return entry

    def _take_out(
        self,
        tx: Tx,
        person: Person,
        addresses: set[str],
        mails: list[str],
        actor: Actor,
        now: datetime,
    ) -> None:
        at = to_micros(now)
        if person.subject is not None:
            self.endings.end_all(tx, person.subject, EndReason.SERVICE_STOPPED, actor, now)
        store.drop_mails(tx, mails)
        store.forget_addresses(tx, addresses)
        store.delete_of(tx, person.subject, person.number)
        if person.subject is not None:
            store.blank_account(tx, person.subject, at)
        members.save_many(tx, [blank(person.member)], at)
        members.mark_erased(tx, person.number, at)
        for who in (person.subject, by_number(person.number)):
            if who is not None:
                for forget in self.on_erasure:
                    forget(tx, who, person.number)
                self.persons.erase(tx, who, now)

    def _require_no_later_hold(self, tx: Tx, person: Person, begun: Entry) -> bool:
        """Refuse while a hold stands that is younger than a line; True when one has stood.

        Raises `MayNotErase`.
        """
        ever = all_over(tx, person.subject, person.number)
        later = [one for one in ever if one.placed_at > begun.moment]
        if any(one.lifted_at is None for one in later):
            raise MayNotErase(f"{person.number} is under a legal hold")
        return bool(later)

    def _record(self, tx: Tx, person: Person, reason: str, actor: Actor, now: datetime) -> None:
        data = {"reason": reason, "account": person.subject is not None}
        self.journal.record(
            tx, EventName.PERSON_ERASED, now, actor=actor, subject=person.subject, data=data
        )

    def _find(self, tx: Tx, who: str) -> Person:
        account = accounts.find(tx, who) or accounts.find_by_number(tx, who)
        member = members.find(tx, account.member_number if account else who)
        if member is None:
            raise UnknownPerson(f"{who}: no member of this number and no account of this subject")
        return Person(member, account)

    def _find_entry(self, tx: Tx, entry: Entry) -> Person | None:
        member = members.find(tx, entry.number)
        account = accounts.find_by_number(tx, entry.number)
        return Person(member, account) if member else None

    def _is_erased(self, tx: Tx, person: Person) -> bool:
        subject = person.subject
        blanked = person.account is None or person.account.address == store.nowhere(subject or "")
        return blanked and members.is_erased(tx, person.number)

    def _require(self, tx: Tx, person: Person) -> None:
        number = person.number
        if self._is_erased(tx, person):
            raise MayNotErase(f"{number} was erased before")
        hold = standing_over(tx, person.subject, number)
        if hold is not None:
            raise MayNotErase(
                f"{number} is under the legal hold {hold.id} ({hold.reason}); lift it first with"
                f" `idp audit hold lift {hold.id} --reason ...`"
            )
        if standing(person.member, self.clock.today()) in (Standing.MEMBER, Standing.LEAVING):
            raise MayNotErase(
                f"{number} is a member; the register of members is kept while the membership lasts."
                " Stop the service with `idp account stop`, or erase after the capital is refunded"
            )

    def _addresses(self, tx: Tx, person: Person) -> set[str]:
        own = {person.member.email, person.account.address if person.account else None}
        own |= store.typed_addresses(tx, person.subject, person.number)
        if person.account is not None:
            own |= store.old_addresses(tx, person.account.subject)
        texts = {text for text in own if text}
        return texts | {text.lower() for text in texts}

    def _mails_of(self, person: Person, addresses: set[str]) -> list[str]:
        """List a person's mails in the outbox, sent ones too; before the act: it takes a while."""
        with self.database.read() as tx:
            return self._mails_in(tx, person, addresses, "")

    def _mails_in(self, tx: Tx, person: Person, addresses: set[str], after: str) -> list[str]:
        own: list[str] = []
        while page := store.mails_after(tx, after, PAGE):
            own += [message for message, payload in page if self._is_to(payload, person, addresses)]
            after = page[-1][0]
        return own

    def _is_to(self, payload: str, person: Person, addresses: set[str]) -> bool:
        try:
            mail = self.mails.open_payload(payload)
        except KeysError:
            return False  # under a master key that is gone: nobody can read it
        if person.subject is not None and mail.subject == person.subject:
            return True
        return mail.to is not None and bool({mail.to, mail.to.lower()} & addresses)


def blank(member: Member) -> Member:
    """Leave of a member the number, the core system's own name for it, and the four dates."""
    return replace(
        member,
        birth_on=BORN,
        employment=Employment.RETIRED,
        workplace="",
        names=(Dated(NOBODY, BORN),),
        addresses=(),
        phones=(),
        email=None,
    )


def _id_at(moment: datetime) -> str:
    """Give an id (UUIDv7) before every one that was drawn at a moment or later."""
    text = f"{int(moment.timestamp() * 1000):012x}"
    return f"{text[:8]}-{text[8:]}"
