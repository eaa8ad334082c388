"""Signing a period of a review off: once, in one's own name, on what was shown.

A sign-off says what was counted under which sealed size and root, so that it can be checked against
the log alone, long after. It is never changed: a correction is another one that names it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from audit import instant
from audit.names import EventName
from idp.audit_room import review_store as store
from idp.audit_room.guard import Cut, Guard
from idp.audit_room.review_model import (
    BadReview,
    NotYours,
    Period,
    Review,
    SignOff,
    Verdict,
    check_remark,
)
from idp.audit_room.review_results import Result
from idp.audit_room.reviews import Reviewer, Reviews
from idp.storage.sql import Tx


@dataclass(frozen=True, slots=True)
class Signing:
    """What an auditor signs: what was shown, and what they say of it."""

    verdict: Verdict
    remark: str
    size: int
    found: int
    corrects: str | None


@dataclass(frozen=True)
class SignOffs:
    """Signs periods of reviews off."""

    reviews: Reviews
    most: Callable[[], int]
    """How many events one period may hold to be signed off."""

    def sign(self, who: Reviewer, review_id: str, key: str, signing: Signing) -> SignOff:
        """Sign a period off; what was sent twice is one. Raises `BadReview`, `NotYours`.

        What was shown is counted again under the same basis: nobody signs what is not so.
        """
        with self.reviews.database.read() as tx:
            self.reviews.own(tx, who, review_id)
        remark = check_remark(signing.verdict, signing.remark)
        guard = Guard(self.most(), who.still)
        review, period, criteria, result = self.reviews.result(review_id, key, guard, signing.size)
        _must_be_as_shown(result, period, signing)
        if not who.still():
            raise NotYours("the session or the role ended meanwhile")
        now, signing = self.reviews.clock.now(), replace(signing, remark=remark)
        with self.reviews.database.begin() as tx:
            tx.lock(f"review:{review_id}")
            before = self._before(tx, review_id, period, signing)
            if before is not None:
                if _is_the_same(before, who, signing):
                    return before
                if before.id != signing.corrects:
                    raise BadReview("signed")
            elif self.reviews.own(tx, who, review_id).ended_at is not None:
                raise BadReview("retired")
            return self._sign(tx, who, review, period, criteria.subject, result, signing, now)

    def _before(self, tx: Tx, review_id: str, period: Period, signing: Signing) -> SignOff | None:
        history = [one for one in store.of_review(tx, review_id) if one.begins == period.begin]
        if signing.corrects is not None and signing.corrects not in {one.id for one in history}:
            raise BadReview("signed")
        return newest_of(history)

    def _sign(
        self,
        tx: Tx,
        who: Reviewer,
        review: Review,
        period: Period,
        subject: str | None,
        result: Result,
        signing: Signing,
        now: datetime,
    ) -> SignOff:
        data = {
            "review": review.id,
            "period": period.key,
            "from": instant.to_text(period.begin),
            "to": instant.to_text(period.end),
            "criteria_digest": review.digest,
            "size": result.basis.size,
            "root": result.basis.root,
            "found": result.count,
            "found_digest": result.digest,
            "finding": signing.verdict.value,
            "remark": signing.remark or None,
            "corrects": signing.corrects,
        }
        event = self.reviews.record(tx, EventName.REVIEW_SIGNED, who, subject, data, now)
        made = SignOff(
            id=event,
            review_id=review.id,
            begins=period.begin,
            ends=period.end,
            corrects=signing.corrects,
            signed_by=who.staff_id,
            signed_at=now,
            verdict=signing.verdict,
            remark=signing.remark,
            found=result.count,
            found_digest=result.digest,
            size=result.basis.size,
            root=result.basis.root,
        )
        store.add_sign_off(tx, made)
        return made


def _must_be_as_shown(result: Result, period: Period, signing: Signing) -> None:
    if result.cut is Cut.LIMIT:
        raise BadReview("large")
    if result.cut is not None:
        raise NotYours("the session or the role ended meanwhile")
    if result.basis.signed_at < period.end:
        raise BadReview("basis")
    if result.late or result.count != signing.found:
        raise BadReview("changed")


def newest_of(history: Sequence[SignOff]) -> SignOff | None:
    """Give the sign-off that no other corrects."""
    corrected = {one.corrects for one in history}
    return next((one for one in history if one.id not in corrected), None)


def _is_the_same(before: SignOff, who: Reviewer, signing: Signing) -> bool:
    """Tell whether a form was sent twice."""
    was = (before.signed_by, before.corrects, before.verdict, before.remark, before.size)
    return was == (
        who.staff_id,
        signing.corrects,
        signing.verdict,
        signing.remark,
        signing.size,
    )
