"""Tells members when their access ends: some days before (`calendar.toml`), and on the day.

The date decides access, no notice does. Each notice is noted in the transaction that promises its
mail, under the day it is about: nobody gets one twice, however often a worker is killed, and a plan
that moves to another day gives new ones. A worker that was down sends the latest one only, late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from audit.names import EventName
from idp.accounts import store as accounts
from idp.clock import Clock, date_in_tokyo, from_micros, to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.service import Journal
from idp.lifecycle import store
from idp.mails.model import Mail, MailKind
from idp.mails.promise import Mails
from idp.members import store as members
from idp.members.model import MembershipDates, name_on
from idp.members.standing import Standing, dates_access_ends_on, dates_have_membership
from idp.members.standing import dates_standing as standing_on
from idp.storage.sql import Database

AT_ONCE = 500
"""Notices given in one run; the next run goes on."""
LATE = timedelta(days=30)
"""So long after the day somebody is still told that access has ended; later it is no news."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Notice:
    """What somebody is to be told: its name in the record, the day it is about, days left."""

    kind: str
    ends_on: date
    days_left: int

    @property
    def mail(self) -> MailKind:
        """Tell which mail says it."""
        return MailKind.ENDED if self.days_left <= 0 else MailKind.ENDING


def notice_due(
    dates: MembershipDates, known_since: date, today: date, days_before: tuple[int, ...]
) -> Notice | None:
    """Tell which notice is due on a day, if any; of several that were missed, the latest.

    `known_since` is the day the account was made: who came after the end is told nothing.
    """
    ends_on = dates_access_ends_on(dates)
    if ends_on is None or not dates_have_membership(dates, ends_on - ONE_DAY):
        return None
    left = (ends_on - today).days
    if dates_have_membership(dates, today):
        reached = min((days for days in days_before if days >= left), default=None)
        return Notice(f"ending-{reached}", ends_on, left) if reached is not None else None
    told = standing_on(dates, today) is Standing.FORMER and known_since < ends_on
    return Notice("ended", ends_on, left) if told and today - ends_on <= LATE else None


@dataclass(frozen=True)
class Notices:
    """Gives the notices that are due."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    mails: Mails

    def give_due(self) -> int:
        """Give what is due and was not given; answers how many."""
        now = self.clock.now()
        today, days_before = date_in_tokyo(now), self._days_before()
        first, last = today - LATE, today + timedelta(days=max(days_before, default=0))
        with self.database.read() as tx:
            rows = accounts.ending_between(tx, first, last)
            given = store.notices_about(tx, first, last)
        due = []
        for subject, made_at, dates in rows:
            notice = notice_due(dates, _day(made_at), today, days_before)
            if notice and (subject, notice.kind, notice.ends_on.isoformat()) not in given:
                due.append((subject, made_at))
        return sum(self._give(subject, made_at, now) for subject, made_at in due[:AT_ONCE])

    def _give(self, subject: str, made_at: int, now: datetime) -> bool:
        """Give one notice, by what the register says in this transaction."""
        today = date_in_tokyo(now)
        with self.database.begin() as tx:
            account = accounts.find(tx, subject)
            if account is None or account.stopped_at is not None:
                return False
            member = members.get(tx, account.member_number)
            notice = notice_due(member.dates, _day(made_at), today, self._days_before())
            if notice is None:
                return False
            if not store.take_notice(tx, subject, notice.kind, notice.ends_on, to_micros(now)):
                return False
            ends = notice.ends_on.isoformat()
            values = {"name": name_on(member, today).shown, "ends": ends}
            if notice.mail is MailKind.ENDING:
                values["days"] = str(notice.days_left)
            self.mails.promise(tx, Mail(notice.mail, account.address, "ja", values, subject), now)
            self.journal.record(
                tx,
                EventName.NOTICE_SENT,
                now,
                subject=subject,
                data={"notice": notice.kind, "ends_on": ends},
            )
        return True

    def _days_before(self) -> tuple[int, ...]:
        return self.policy.policy.calendar.notices_days_before_end


def _day(made_at: int) -> date:
    return date_in_tokyo(from_micros(made_at))
