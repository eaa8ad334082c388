"""What the pages show of requests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from idp.approvals.model import Approval, Content, State
from idp.approvals.words import KINDS, STATES
from idp.staff.views.places import APPROVALS
from idp.web.i18n import japan_moment, translate
from idp.web.i18n import mark as _
from idp.web.organisation import Language

OPERATOR: Final = _("運用の担当者（%(id)s）")
Names = Mapping[str, str]


def row(one: Approval, names: Names, language: Language) -> dict[str, Any]:
    """Give one request as a line of a list."""
    return {
        "url": f"{APPROVALS}/{one.id}",
        "kind": translate(KINDS[one.kind], language),
        "requester": name_of(one.requester, names, language),
        "asked": japan_moment(one.created_at, language),
        "until": _moment(one.review_by if one.needs_review else one.expires_at, language),
        "ended": _moment(one.ended_at, language),
        "state": translate(STATES[one.state], language),
        "count": one.count,
    }


def whole(
    one: Approval,
    content: Content | None,
    answer: str | None,
    names: Names,
    language: Language,
) -> dict[str, Any]:
    """Give one request with all it says; `content` is None when its person was erased."""
    told = row(one, names, language)
    lines = content.difference.lines if content else ()
    told |= {
        "id": one.id,
        "digest": one.digest,
        "waiting": one.state is State.WAITING,
        "erased": content is None,
        "reason": content.reason if content else None,
        "lines": [(translate(x.what, language), x.before, x.after) for x in lines],
        "ended_by": name_of(one.ended_by, names, language) if one.ended_by else None,
        "answer": answer,
        "emergency": one.review_by is not None,
        "review_by": _moment(one.review_by, language),
        "reviewed": _moment(one.reviewed_at, language),
        "reviewed_by": name_of(one.reviewed_by, names, language) if one.reviewed_by else None,
        "in_order": one.in_order,
        "needs_review": one.needs_review,
    }
    return told


def name_of(who: str, names: Names, language: Language) -> str:
    """Name somebody of the staff, or who stood on the node."""
    return names.get(who) or translate(OPERATOR, language) % {"id": who}


def _moment(at: datetime | None, language: Language) -> str | None:
    return japan_moment(at, language) if at else None
