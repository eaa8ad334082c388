"""Saved reviews: kept, listed, counted, retired. Each act and its event commit together.

With `idp.audit_room.signing` the one writer of the room's own tables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from audit import instant
from audit.event import Actor
from audit.names import EventName
from idp.audit_room import review_store as store
from idp.audit_room.guard import Guard
from idp.audit_room.review_model import (
    BadReview,
    NotYours,
    Period,
    Review,
    Rhythm,
    SignOff,
    UnknownReview,
    check_title,
    period_at,
)
from idp.audit_room.review_results import Result, ReviewResults
from idp.audit_room.review_vault import ReviewVault, write
from idp.audit_search.model import Criteria
from idp.clock import Clock, to_micros
from idp.journal.model import Origin
from idp.journal.service import Journal
from idp.staff import store as staff
from idp.storage.room_role import require_room
from idp.storage.sql import Database, Tx

EARLIEST: Final = timedelta(days=3653)


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who of the staff acts, in which session."""

    actor: Actor
    staff_id: str
    session: str
    origin: Origin
    still: Callable[[], bool]
    """Whether they may still, asked again just before something is written."""


@dataclass(frozen=True, slots=True)
class Due:
    """One period of a review that is over and not signed off."""

    review: Review
    period: Period


@dataclass(frozen=True)
class Reviews:
    """Keeps reviews and their sign-offs."""

    database: Database
    clock: Clock
    journal: Journal
    vault: ReviewVault
    results: ReviewResults

    def save(self, who: Reviewer, title: str, rhythm: Rhythm, criteria: Criteria) -> str:
        """Keep a search as a review; the same one twice is one. Raises `BadReview`."""
        title, now = check_title(title), self.clock.now()
        begins, ends = _span(rhythm, criteria, now)
        written = write(criteria, who.staff_id)
        pattern = replace(criteria, begin=None, end=None)
        with self.database.begin() as tx:
            tx.lock(f"reviews:{who.staff_id}")
            for one in store.running_of(tx, who.staff_id):
                same = (one.title, one.rhythm, one.begins, one.ends) == (
                    title,
                    rhythm,
                    begins,
                    ends,
                )
                if same and self.vault.open(tx, one.id, one.criteria) == pattern:
                    return one.id  # the form was sent twice
            data = {
                "title": title,
                "rhythm": rhythm.value,
                "from": instant.to_text(begins),
                "to": instant.to_text(ends) if ends else None,
                "criteria": written.as_data(),
                "criteria_digest": written.digest,
            }
            event = self.record(tx, EventName.REVIEW_SAVED, who, criteria.subject, data, now)
            store.add(
                tx,
                id=event,
                owner=who.staff_id,
                title=title,
                rhythm=rhythm.value,
                criteria=self.vault.seal(tx, event, written, now),
                digest=written.digest,
                begins=to_micros(begins),
                ends=to_micros(ends) if ends else None,
                saved_at=to_micros(now),
            )
        return event

    def retire(self, who: Reviewer, review_id: str) -> None:
        """End a review of one's own, once; its sign-offs stay."""
        now = self.clock.now()
        with self.database.begin() as tx:
            tx.lock(f"review:{review_id}")
            review = self.own(tx, who, review_id)
            if review.ended_at is not None:
                return
            subject = self._subject(tx, review)
            data = {"review": review_id}
            event = self.record(tx, EventName.REVIEW_RETIRED, who, subject, data, now)
            store.end(tx, review_id, to_micros(now), event)

    def find(self, review_id: str) -> tuple[Review, Criteria | None]:
        """Find a review with what it looks for; None where the person was erased."""
        with self.database.read() as tx:
            review = store.find(tx, review_id)
            if review is None:
                raise UnknownReview("no such review")
            return review, self.vault.open(tx, review.id, review.criteria)

    def result(
        self, review_id: str, key: str, guard: Guard, size: int | None = None
    ) -> tuple[Review, Period, Criteria, Result]:
        """Count what a review finds in a period; raises `UnknownReview`, `BadReview`."""
        review, pattern = self.find(review_id)
        period = review.period(key, self.clock.now())
        if pattern is None:
            raise BadReview("gone")
        criteria = replace(pattern, begin=period.begin, end=period.end)
        return review, period, criteria, self.results.of(criteria, size, guard)

    def sign_offs(self, review_id: str) -> list[SignOff]:
        """List the sign-offs of a review, the oldest first."""
        with self.database.read() as tx:
            return store.of_review(tx, review_id)

    def newest_sign_offs(self, most: int, before: str | None = None) -> list[SignOff]:
        """List sign-offs of all reviews, newest first, before one."""
        with self.database.read() as tx:
            return store.newest(tx, most, before)

    def list_all(self) -> list[Review]:
        """List all reviews, the oldest first."""
        with self.database.read() as tx:
            return store.list_all(tx)

    def names(self) -> dict[str, str]:
        """Name the staff, those who have left too."""
        with self.database.read() as tx:
            return {one.id: one.name for one in staff.list_all(tx)}

    def due(self, staff_id: str) -> list[Due]:
        """List what somebody has to work off, the oldest period first."""
        now = self.clock.now()
        with self.database.read() as tx:
            reviews, signed = store.running_of(tx, staff_id), store.signed_of(tx, staff_id)
        found = [
            Due(review, period)
            for review in reviews
            for period in review.periods(now)
            if (review.id, period.begin) not in signed
        ]
        return sorted(found, key=lambda due: (due.period.end, due.review.saved_at))

    def own(self, tx: Tx, who: Reviewer, review_id: str) -> Review:
        """Find a review of one's own; raises `UnknownReview`, `NotYours`."""
        review = store.find(tx, review_id)
        if review is None:
            raise UnknownReview("no such review")
        if review.owner != who.staff_id:
            raise NotYours("the review of somebody else")
        return review

    def _subject(self, tx: Tx, review: Review) -> str | None:
        criteria = self.vault.open(tx, review.id, review.criteria)
        return criteria.subject if criteria else None

    def record(
        self,
        tx: Tx,
        name: EventName,
        who: Reviewer,
        subject: str | None,
        data: dict[str, Any],
        now: datetime,
    ) -> str:
        """Record an act on a review; answers the id of the event."""
        require_room(tx)
        return self.journal.record(
            tx,
            name,
            now,
            actor=who.actor,
            subject=subject,
            session=who.session,
            origin=who.origin,
            data={key: value for key, value in data.items() if value is not None},
        )


def _span(rhythm: Rhythm, criteria: Criteria, now: datetime) -> tuple[datetime, datetime | None]:
    """Tell when a review begins, and when one that is done once ends."""
    if rhythm is Rhythm.ONCE:
        if criteria.begin is None or criteria.end is None:
            raise BadReview("span")
        return criteria.begin, criteria.end
    begins = criteria.begin or now
    if not now - EARLIEST <= begins <= now:
        raise BadReview("begins")
    return period_at(rhythm, begins).begin, None
