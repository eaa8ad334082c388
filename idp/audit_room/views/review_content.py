"""What the pages of reviews show: rows of lists, a period's result with its chart and table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from markupsafe import Markup

from idp.audit_room.review_model import Period, Review, SignOff
from idp.audit_room.review_results import Result
from idp.audit_room.review_words import (
    EVERYTHING,
    RHYTHMS,
    VERDICTS,
    WHY,
    criteria_words,
    period_words,
)
from idp.audit_room.reviews import Due
from idp.audit_room.signing import newest_of
from idp.audit_room.views.showing import EVENT, PAGE, listed, second
from idp.audit_room.words import OUTCOME_NAMES
from idp.audit_search.model import Criteria
from idp.clock import TOKYO
from idp.web.charts import Series, bars, legend
from idp.web.i18n import mark as _
from idp.web.i18n import translate
from idp.web.organisation import Language

DAYS_AT_MOST: Final = 100
CHART, DAY = _("日ごとの件数"), _("日")
CHART_ABOUT: Final = _(
    "%(first)s から %(last)s までの、結果ごとの件数です。下の表に同じ数があります。"
)
OPEN, RETIRED = _("続いている"), _("終わった")
Names = Mapping[str, str]


def due_row(due: Due, language: Language) -> dict[str, Any]:
    """Give one period that waits."""
    return {
        "url": f"{PAGE}/reviews/{due.review.id}/{due.period.key}",
        "title": due.review.title,
        "period": period_words(due.period, language),
    }


def review_row(review: Review, names: Names, language: Language) -> dict[str, Any]:
    """Give one review of the list."""
    return {
        "url": f"{PAGE}/reviews/{review.id}",
        "title": review.title,
        "rhythm": translate(RHYTHMS[review.rhythm], language),
        "owner": names.get(review.owner, review.owner),
        "state": translate(RETIRED if review.ended_at else OPEN, language),
    }


def signed_row(
    one: SignOff, review: Review | None, names: Names, language: Language
) -> dict[str, Any]:
    """Give one sign-off."""
    period = _period_of(one, review)
    return {
        "url": f"{EVENT}/{one.id}",
        "at": second(one.signed_at),
        "title": review.title if review else one.review_id,
        "period": period_words(period, language),
        "who": names.get(one.signed_by, one.signed_by),
        "verdict": translate(VERDICTS[one.verdict], language),
        "remark": one.remark,
        "found": one.found,
        "corrects": f"{EVENT}/{one.corrects}" if one.corrects else None,
    }


def of_review(
    review: Review,
    criteria: Criteria | None,
    signed: Sequence[SignOff],
    now: datetime,
    names: Names,
    language: Language,
) -> dict[str, Any]:
    """Give everything of one review."""
    current = {one.begins: one for one in _current(signed)}
    periods = []
    for period in sorted(review.periods(now), key=lambda one: one.begin, reverse=True):
        last = current.get(period.begin)
        periods.append(
            {
                "url": f"{PAGE}/reviews/{review.id}/{period.key}",
                "period": period_words(period, language),
                "verdict": translate(VERDICTS[last.verdict], language) if last else None,
                "at": second(last.signed_at) if last else "",
                "who": names.get(last.signed_by, last.signed_by) if last else "",
            }
        )
    return {
        "review": review_row(review, names, language),
        "saved_at": second(review.saved_at),
        "event": f"{EVENT}/{review.id}",
        "ended_at": second(review.ended_at) if review.ended_at else None,
        "criteria": _criteria(criteria, language),
        "gone": criteria is None,
        "digest": review.digest,
        "periods": periods,
        "signed": [signed_row(one, review, names, language) for one in reversed(signed)],
    }


def of_period(
    review: Review,
    period: Period,
    criteria: Criteria,
    result: Result,
    history: Sequence[SignOff],
    names: Names,
    language: Language,
) -> dict[str, Any]:
    """Give what was found in a period, what was signed, and what stands in the way of signing."""
    days = _days(result)
    newest = newest_of(history)
    return {
        "review": review_row(review, names, language),
        "period": period_words(period, language),
        "criteria": _criteria(criteria, language),
        "count": result.count,
        "basis": result.basis,
        "sealed_at": second(result.basis.signed_at),
        "digest": result.digest,
        "rows": listed(result.first, language, names),
        "chart": _chart(period, days, language),
        "days": [(day, translate(OUTCOME_NAMES[what], language), n) for day, what, n in days],
        "history": [signed_row(one, review, names, language) for one in reversed(history)],
        "corrects": newest.id if newest else "",
        "pending": _pending(period, result),
    }


def _pending(period: Period, result: Result) -> str | None:
    if result.cut is not None:
        return WHY["large"]
    if result.late or result.basis.signed_at < period.end:
        return WHY["basis"]
    return None


def _criteria(criteria: Criteria | None, language: Language) -> list[tuple[str, str]]:
    if criteria is None:
        return []
    found = criteria_words(criteria, language)
    return found or [(translate(EVERYTHING, language), "")]


def _current(signed: Sequence[SignOff]) -> list[SignOff]:
    corrected = {one.corrects for one in signed}
    return [one for one in signed if one.id not in corrected]


def _days(result: Result) -> list[tuple[str, str, int]]:
    return [(day, outcome, n) for (day, outcome), n in sorted(result.days.items())]


def _chart(
    period: Period, days: Sequence[tuple[str, str, int]], language: Language
) -> Markup | None:
    """Draw the days; a long span is drawn by months."""
    if not days:
        return None
    first = period.begin.astimezone(TOKYO).date()
    last = (period.end - timedelta(microseconds=1)).astimezone(TOKYO).date()
    cut = 10 if (last - first).days < DAYS_AT_MOST else 7
    labels = _labels(first, last, cut)
    counts = {outcome: dict.fromkeys(labels, 0) for outcome in OUTCOME_NAMES}
    for day, outcome, n in days:
        counts[outcome][day[:cut]] += n
    series = [
        Series(translate(OUTCOME_NAMES[outcome], language), list(by_label.values()))
        for outcome, by_label in counts.items()
        if any(by_label.values())
    ]
    said = translate(CHART_ABOUT, language) % {"first": labels[0], "last": labels[-1]}
    drawn = bars(translate(CHART, language), said, labels, series)
    return Markup(drawn + legend(series))  # noqa: S704  charts escapes what it is given


def _labels(first: date, last: date, cut: int) -> list[str]:
    days = ((first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1))
    return list(dict.fromkeys(day[:cut] for day in days))


def _period_of(one: SignOff, review: Review | None) -> Period:
    """Name the period of a sign-off, as its review does."""
    if review is not None:
        for period in review.periods(one.signed_at):
            if period.begin == one.begins:
                return period
    return Period("once", one.begins, one.ends)
