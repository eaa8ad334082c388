"""`/staff/audit/reviews`: what is due, one review with its periods, and signing one of them off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from audit.event import Actor
from audit.names import EventName
from idp.audit_room.asking import FIELDS
from idp.audit_room.guard import Cut
from idp.audit_room.review_model import (
    BadReview,
    NotYours,
    Review,
    Rhythm,
    UnknownReview,
    Verdict,
    is_key,
)
from idp.audit_room.review_words import WHY
from idp.audit_room.reviews import Reviewer, Reviews
from idp.audit_room.signing import Signing, SignOffs
from idp.audit_room.views import review_content as content
from idp.audit_room.views.room import RoomDesk, asked
from idp.audit_room.views.showing import PAGE
from idp.audit_search.model import BadCriteria
from idp.blocks.words import told
from idp.policy.staff import Permission
from idp.staff.model import Acting, StaffFailed
from idp.staff.second_step import StaffSecondStep
from idp.staff.views.console import Menu
from idp.web.forms import fold_code, read_form
from idp.web.i18n import mark as _
from idp.web.i18n import translate

REVIEWS: Final = f"{PAGE}/reviews"
ONE, PERIOD = f"{REVIEWS}/<review_id>", f"{REVIEWS}/<review_id>/<key>"
LISTED: Final = 50
MENU: Final = Menu(_("監査の点検"), _("保存した点検を行い、結果に署名する"))
DUE: Final = _("署名していない点検が%(count)s件あります")
SIGN_FIELDS: Final = {
    "csrf_token": 64,
    "finding": 16,
    "remark": 4_100,
    "size": 18,
    "found": 18,
    "corrects": 36,
    "code": 64,
}
REVIEW: Final = Permission.AUDIT_REVIEW


@dataclass(frozen=True)
class ReviewPages:
    """Mounts and serves the pages of reviews."""

    desk: RoomDesk
    reviews: Reviews
    sign_offs: SignOffs
    step: StaffSecondStep

    def blueprint(self) -> Blueprint:
        """Mount the pages, and tell at home what is due."""
        room = self.desk.console.room("audit_reviews")
        room.page(REVIEWS, self.show, needs=REVIEW, menu=MENU)
        room.act(REVIEWS, self.save, needs=REVIEW)
        room.page(ONE, self.one, needs=REVIEW)
        room.act(ONE, self.retire, needs=REVIEW)
        room.page(PERIOD, self.period, needs=REVIEW)
        room.act(PERIOD, self.sign, needs=REVIEW)
        self.desk.console.notices.append(self.notice)
        return room.blueprint

    def notice(self, acting: Acting) -> tuple[str, str] | None:
        """Give what stands at home: how many reviews are due, and where."""
        due = self.reviews.due(acting.staff_id) if acting.may(REVIEW) else []
        language = self.desk.console.pages.language()
        return (REVIEWS, translate(DUE, language) % {"count": len(due)}) if due else None

    def show(self, acting: Acting) -> Response:
        """Show what is due, all reviews, and the newest sign-offs."""
        return self._list(acting)

    def save(self, acting: Acting) -> Response:
        """Keep a search as a review."""
        fields = {"csrf_token": 64, "title": 200, "rhythm": 16}
        sent = read_form(request, fields | dict.fromkeys(FIELDS, 200))
        try:
            if sent["rhythm"] not in {one.value for one in Rhythm}:
                raise BadReview("rhythm")
            who, rhythm = self._who(acting), Rhythm(sent["rhythm"])
            made = self.reviews.save(who, sent["title"], rhythm, self.desk.criteria(sent))
        except BadReview as error:
            return self._list(acting, 400, wrong=error.why)
        except BadCriteria:
            return self._list(acting, 400, wrong="criteria")
        return redirect(f"{REVIEWS}/{made}", 303)

    def one(self, acting: Acting, review_id: str) -> Response:
        """Show one review: what it looks for, its periods, what was signed."""
        return self._one(acting, review_id)

    def retire(self, acting: Acting, review_id: str) -> Response:
        """End a review of one's own."""
        sent = read_form(request, {"csrf_token": 64, "retire": 4})
        if sent["retire"] != "yes":
            raise BadReview("retire")
        try:
            self.reviews.retire(self._who(acting), review_id)
        except NotYours:
            return self.desk.console.forbidden(acting, REVIEW)
        return redirect(f"{REVIEWS}/{review_id}", 303)

    def period(self, acting: Acting, review_id: str, key: str) -> Response:
        """Show what a review finds in a period, and the form that signs it off."""
        return self._period(acting, review_id, key)

    def sign(self, acting: Acting, review_id: str, key: str) -> Response:
        """Sign a period off; who was not asked for a code lately shows one with it."""
        sent = read_form(request, SIGN_FIELDS)
        try:
            signing = _signing(sent)
            if not self.desk.console.sessions.is_recent(acting):
                code, origin = fold_code(sent["code"]), self.desk.console.origin()
                failed = self.step.again(acting, code, origin)
                if failed is not None:
                    return self._period(acting, review_id, key, 401, sent=sent, failed=failed)
            self.sign_offs.sign(self._who(acting), review_id, _key(key), signing)
        except BadReview as error:
            status = 409 if error.why in ("changed", "signed", "retired") else 400
            return self._period(acting, review_id, key, status, sent=sent, wrong=error.why)
        except NotYours:
            return self.desk.console.forbidden(acting, REVIEW)
        return redirect(f"{REVIEWS}/{review_id}/{key}", 303)

    def _list(self, acting: Acting, status: int = 200, *, wrong: str | None = None) -> Response:
        language, before = self.desk.console.pages.language(), asked(("before",), 36)["before"]
        signed = self.reviews.newest_sign_offs(LISTED + 1, before or None)
        older = f"{REVIEWS}?before={signed[LISTED - 1].id}" if len(signed) > LISTED else None
        reviews = {one.id: one for one in self.reviews.list_all()}
        names = self.reviews.names()
        values: dict[str, Any] = {
            "wrong": WHY[wrong] if wrong else None,
            "due": [content.due_row(one, language) for one in self.reviews.due(acting.staff_id)],
            "reviews": [content.review_row(one, names, language) for one in reviews.values()],
            "signed": [
                content.signed_row(one, reviews.get(one.review_id), names, language)
                for one in signed[:LISTED]
            ],
            "older": older,
            "may_export": acting.may(Permission.AUDIT_EXPORT),
        }
        page = "audit_room/reviews.html"
        return self.desk.console.render(acting, page, status, here=REVIEWS, **values)

    def _one(self, acting: Acting, review_id: str) -> Response:
        console = self.desk.console
        language = console.pages.language()
        review, criteria = self.reviews.find(review_id)
        signed = self.reviews.sign_offs(review_id)
        now, names = self.reviews.clock.now(), self.reviews.names()
        values = content.of_review(review, criteria, signed, now, names, language)
        values["mine"] = review.owner == acting.staff_id
        return console.render(acting, "audit_room/review.html", **values)

    def _period(
        self,
        acting: Acting,
        review_id: str,
        key: str,
        status: int = 200,
        *,
        sent: dict[str, str] | None = None,
        wrong: str | None = None,
        failed: StaffFailed | None = None,
    ) -> Response:
        console, language = self.desk.console, self.desk.console.pages.language()
        guard = self.desk.guard(acting, REVIEW, self.desk.limits.review_events)
        here = f"{REVIEWS}/{review_id}/{key}"
        review, period, criteria, result = self.reviews.result(review_id, _key(key), guard)
        about = {"review": review.id, "period": period.key, "found": result.count}
        look, actor = self.desk.look(acting), self.desk.actor(acting, REVIEW)
        name = EventName.AUDIT_SEARCHED
        self.desk.looking.record(name, criteria, actor, about, **look)
        if result.cut is Cut.PERMISSION:
            return console.forbidden(acting, REVIEW)
        history = [x for x in self.reviews.sign_offs(review_id) if x.begins == period.begin]
        values = content.of_period(
            review, period, criteria, result, history, self.reviews.names(), language
        )
        values |= {
            "url": here,
            "sent": sent or dict.fromkeys(SIGN_FIELDS, ""),
            "wrong": WHY[wrong] if wrong else None,
            "recent": console.sessions.is_recent(acting),
            "error": _error(failed, language),
            "mine": review.owner == acting.staff_id,
            "may_sign": _may_sign(acting, review, values),
        }
        return console.render(acting, "audit_room/review_period.html", status, here=here, **values)

    def _who(self, acting: Acting) -> Reviewer:
        console = self.desk.console
        actor: Actor = self.desk.actor(acting, REVIEW)
        return Reviewer(
            actor,
            acting.staff_id,
            acting.session.id,
            console.origin(),
            lambda: console.sessions.holds(acting, REVIEW),
        )


def _may_sign(acting: Acting, review: Review, values: dict[str, Any]) -> bool:
    ended = review.ended_at is not None and not values["history"]
    return review.owner == acting.staff_id and values["pending"] is None and not ended


def _key(key: str) -> str:
    if not is_key(key):
        raise UnknownReview("no such period")
    return key


def _signing(sent: dict[str, str]) -> Signing:
    """Read what is signed; raises `BadReview`."""
    if sent["finding"] not in {one.value for one in Verdict}:
        raise BadReview("finding")
    if not all(sent[name].isascii() and sent[name].isdecimal() for name in ("size", "found")):
        raise BadReview("changed")
    return Signing(
        Verdict(sent["finding"]),
        sent["remark"],
        int(sent["size"]),
        int(sent["found"]),
        sent["corrects"] or None,
    )


def _error(failed: StaffFailed | None, language: Any) -> dict[str, Any] | None:
    if failed is None:
        return None
    return {"reference": failed.reference, "blocks": told(failed.blocks, language)}
