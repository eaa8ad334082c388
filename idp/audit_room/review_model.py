"""Saved reviews: a search that is done again for each period, and signed off; pure rules.

Periods are calendar months and quarters in Japan, or one span. One is due once it is over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from idp.clock import TOKYO, start_of
from idp.errors import IdpError

LONGEST_TITLE: Final = 100
LONGEST_REMARK: Final = 2_000
ONCE_KEY: Final = "once"
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)
_QUARTER = re.compile(r"(20[0-9]{2})-Q([1-4])", re.ASCII)


class Rhythm(StrEnum):
    """How often a review is due."""

    ONCE = "once"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class Verdict(StrEnum):
    """What an auditor found."""

    NOTHING = "nothing"
    OBJECTION = "objection"


MONTHS: Final[Mapping[Rhythm, int]] = {Rhythm.MONTHLY: 1, Rhythm.QUARTERLY: 3}


class BadReview(IdpError):
    """A review or a sign-off that cannot be taken; `why` is a key of the page's texts."""

    code = "bad_request"
    status = 400

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class UnknownReview(IdpError):
    """There is no such review, or no such period of it."""

    code = "not_found"
    status = 404


class NotYours(IdpError):
    """Somebody works off a review of somebody else."""

    code = "forbidden"
    status = 403


@dataclass(frozen=True, slots=True)
class Period:
    """One span to look at; `end` is the first instant after it."""

    key: str
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Review:
    """A saved search with its rhythm."""

    id: str
    owner: str
    title: str
    rhythm: Rhythm
    criteria: str
    """Sealed; `ReviewVault` opens it."""
    digest: str
    begins: datetime
    ends: datetime | None
    saved_at: datetime
    ended_at: datetime | None

    def periods(self, now: datetime) -> Iterator[Period]:
        """Give the periods that are over, the oldest first; a retired review has those before."""
        until = min(now, self.ended_at) if self.ended_at else now
        if self.rhythm is Rhythm.ONCE:
            assert self.ends is not None
            if self.ends <= until:
                yield Period(ONCE_KEY, self.begins, self.ends)
            return
        period = period_at(self.rhythm, self.begins)
        while period.end <= until:
            yield period
            period = period_at(self.rhythm, period.end)

    def period(self, key: str, now: datetime) -> Period:
        """Find a period that is over by its key; raises `UnknownReview`."""
        for period in self.periods(now):
            if period.key == key:
                return period
        raise UnknownReview("no such period, or it is not over")


@dataclass(frozen=True, slots=True)
class Basis:
    """The sealed log that a result rests on; the root in lower-case hex."""

    size: int
    root: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class SignOff:
    """One signature; it is never changed, and corrected by another that names it."""

    id: str
    review_id: str
    begins: datetime
    ends: datetime
    corrects: str | None
    signed_by: str
    signed_at: datetime
    verdict: Verdict
    remark: str
    found: int
    found_digest: str
    size: int
    root: str


def period_at(rhythm: Rhythm, moment: datetime) -> Period:
    """Give the calendar month or quarter in which an instant lies in Japan."""
    day, months = moment.astimezone(TOKYO).date(), MONTHS[rhythm]
    first = (day.month - 1) // months * months + 1
    after = first + months
    end = date(day.year + (after > 12), (after - 1) % 12 + 1, 1)
    key = f"{day.year}-{first:02d}" if months == 1 else f"{day.year}-Q{first // 3 + 1}"
    return Period(key, start_of(date(day.year, first, 1)), start_of(end))


def is_key(text: str) -> bool:
    """Tell whether something could be the key of a period."""
    return text == ONCE_KEY or bool(_MONTH.fullmatch(text) or _QUARTER.fullmatch(text))


def check_title(text: str) -> str:
    """Take a title: one line that says something; raises `BadReview`."""
    title = " ".join(text.split())
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        raise BadReview("title")
    return title


def check_remark(verdict: Verdict, text: str) -> str:
    """Take what an auditor wrote; an objection needs words. Raises `BadReview`."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    remark = "\n".join(lines).strip()
    if len(remark) > LONGEST_REMARK or not all(line.isprintable() for line in lines):
        raise BadReview("remark")
    if verdict is Verdict.OBJECTION and not remark:
        raise BadReview("remark_missing")
    return remark
