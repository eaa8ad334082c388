"""`/staff/approvals`: what waits for me, one request word for word, and the decision about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from idp.approvals.model import Approval, ApprovalRefused, BadRequest, Requester, State, Why
from idp.approvals.service import Approvals
from idp.approvals.views import content
from idp.approvals.views.requester import requester_of
from idp.approvals.who import is_about_staff
from idp.approvals.words import FAILED, WHY
from idp.errors import IdpError, Unavailable
from idp.staff.directory import StaffDirectory
from idp.staff.model import Acting, StaffFailed, StaffRefused
from idp.staff.views.again import CodeWithAct
from idp.staff.views.console import Console, Menu, Open
from idp.staff.views.places import APPROVALS
from idp.staff.words import RULES
from idp.web.forms import read_form
from idp.web.i18n import mark as _
from idp.web.i18n import translate

ONE: Final = f"{APPROVALS}/<approval_id>"
MENU: Final = Menu(_("承認"), _("二人で行う操作の申請と、承認や点検を待つもの"))
WAITING: Final = _("あなたの承認を待っている申請が%(count)s件あります")
TO_REVIEW: Final = _("点検を待っている緊急の操作が%(count)s件あります")
FIELDS: Final = {"csrf_token": 64, "decision": 16, "digest": 64, "reason": 2_000, "code": 64}
SHOWN: Final = 50
NO_CHOICE: Final = _("どちらかを選んでください。")
DECISIONS: Final = ("approve", "decline", "withdraw", "in_order", "not_in_order")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What stood in the way of a decision: a marked sentence, by its field or over the page."""

    status: int
    said: str
    field: str | None = None


@dataclass(frozen=True)
class ApprovalPages:
    """Mounts and serves the pages of requests."""

    console: Console
    approvals: Approvals
    directory: StaffDirectory
    codes: CodeWithAct

    def blueprint(self) -> Blueprint:
        """Mount the pages, and tell at home what waits."""
        room = self.console.room("approvals")
        room.page(APPROVALS, self.show, needs=Open.ANY_STAFF, menu=MENU)
        room.page(ONE, self.one, needs=Open.ANY_STAFF)
        room.act(ONE, self.decide, needs=Open.ANY_STAFF)
        self.console.notices.append(self.waiting)
        self.console.notices.append(self.to_review)
        return room.blueprint

    def waiting(self, acting: Acting) -> tuple[str, str] | None:
        """Tell at home how many requests wait for this person."""
        return self._notice(WAITING, len(self._waiting(acting)))

    def to_review(self, acting: Acting) -> tuple[str, str] | None:
        """Tell at home how many emergencies this person may review."""
        return self._notice(TO_REVIEW, len(self._to_review(acting)))

    def show(self, acting: Acting) -> Response:
        """List what waits, what one asked for, and what is over."""
        names, language = self.directory.names(), self.console.pages.language()
        lists = {
            "waiting": self._waiting(acting),
            "to_review": self._to_review(acting),
            "mine": self.approvals.asked_by(acting.staff_id)[:SHOWN],
            "ended": self.approvals.ended(acting.permissions)[:SHOWN],
        }
        shown: dict[str, Any] = {
            key: [content.row(one, names, language) for one in found]
            for key, found in lists.items()
        }
        return self.console.render(acting, "staff/approvals.html", **shown)

    def one(self, acting: Acting, approval_id: str) -> Response:
        """Show one request: the exact difference, and what one may do about it."""
        return self._one(acting, self.approvals.find(approval_id))

    def decide(self, acting: Acting, approval_id: str) -> Response:
        """Take a decision, a withdrawal or a review; a code comes with it unless shown lately."""
        sent = read_form(request, FIELDS)
        one = self.approvals.find(approval_id)
        if not self._may_see(acting, one):
            return self._forbidden(acting, one)
        if sent["decision"] not in DECISIONS:
            return self._one(acting, one, sent, Wrong(400, NO_CHOICE, "decision"))
        failed = self.codes.failed(acting, sent["code"])
        if failed is not None:
            return self._one(acting, one, sent, failed=failed)
        who = requester_of(self.console, acting, self.approvals.decided_by(one))
        try:
            self._take(one, who, sent)
        except Unavailable:
            raise
        except IdpError as error:
            return self._one(acting, one, sent, _wrong(error))
        return redirect(f"{APPROVALS}/{one.id}", 303)

    def _take(self, one: Approval, who: Requester, sent: dict[str, str]) -> None:
        decision, reason = sent["decision"], sent["reason"]
        if decision == "withdraw":
            self.approvals.withdraw(one.id, who, reason)
        elif decision in ("approve", "decline"):
            approve = decision == "approve"
            self.approvals.decide(one.id, sent["digest"], who, approve=approve, reason=reason)
        elif sent["digest"] != one.digest:
            raise ApprovalRefused(Why.OTHER_CONTENT)
        else:
            in_order = decision == "in_order"
            self.approvals.review(one.id, who, in_order=in_order, remark=reason)

    def _one(
        self,
        acting: Acting,
        one: Approval,
        sent: dict[str, str] | None = None,
        wrong: Wrong | None = None,
        failed: StaffFailed | None = None,
    ) -> Response:
        if not self._may_see(acting, one):
            return self._forbidden(acting, one)
        who = requester_of(self.console, acting, self.approvals.decided_by(one))
        one, said, answer = self.approvals.look(one.id, who)
        values: dict[str, Any] = content.whole(
            one, said, answer, self.directory.names(), self.console.pages.language()
        )
        status = wrong.status if wrong else 401 if failed else 200
        return self.console.render(
            acting,
            "staff/approval.html",
            status,
            here=f"{APPROVALS}/{one.id}",
            one=values,
            may=self._may(acting, one),
            mine=one.requester == acting.staff_id,
            sent=sent or dict.fromkeys(FIELDS, ""),
            wrong=wrong,
            ask_code=self.codes.is_needed(acting),
            error=self.codes.error(failed),
        )

    def _may(self, acting: Acting, one: Approval) -> str | None:
        """Tell which form is shown; whoever sends another one is refused by the service."""
        if one.requester == acting.staff_id:
            return "withdraw" if one.state is State.WAITING else None
        about_me = is_about_staff(one.kind) and one.subject == acting.staff_id
        if about_me or not acting.may(self.approvals.decided_by(one)):
            return None
        if one.state is State.WAITING:
            return "decide"
        return "review" if one.needs_review else None

    def _may_see(self, acting: Acting, one: Approval) -> bool:
        return one.requester == acting.staff_id or acting.may(self.approvals.decided_by(one))

    def _forbidden(self, acting: Acting, one: Approval) -> Response:
        return self.console.forbidden(acting, self.approvals.decided_by(one))

    def _waiting(self, acting: Acting) -> list[Approval]:
        found = self.approvals.waiting(acting.staff_id, acting.permissions)
        return [one for one in found if self._may(acting, one) == "decide"]

    def _to_review(self, acting: Acting) -> list[Approval]:
        return [x for x in self.approvals.unreviewed() if self._may(acting, x) == "review"]

    def _notice(self, said: str, count: int) -> tuple[str, str] | None:
        language = self.console.pages.language()
        return (APPROVALS, translate(said, language) % {"count": count}) if count else None


def _wrong(error: IdpError) -> Wrong:
    """Say why a decision was not taken; where the act itself does not go, it waits still."""
    if isinstance(error, BadRequest):
        return Wrong(400, WHY[error.why], "reason")
    if isinstance(error, ApprovalRefused):
        return Wrong(error.status, WHY[error.why])
    if isinstance(error, StaffRefused) and error.rule is not None:
        return Wrong(error.status, RULES[error.rule])
    return Wrong(error.status, FAILED)
