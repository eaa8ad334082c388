"""`/staff/changes`: the queue of change requests, and one of them: before, after, the decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.changes.deciding import Deciding
from idp.changes.difference import Seen
from idp.changes.model import (
    BadEffectiveDay,
    ChangeDecided,
    DifferenceChanged,
    State,
    UnknownChange,
)
from idp.changes.texts import FIELD_NAMES, KINDS, STATES
from idp.policy.staff import Permission
from idp.register_desk.change_queue import ChangeQueue, due_of
from idp.register_desk.ids import is_id
from idp.register_desk.views.desk import (
    BAD_DAY,
    NO_REASON,
    Desk,
    asked,
    day_of,
    page_of,
    reason_of,
)
from idp.register_desk.words import DUES
from idp.staff.model import Acting
from idp.staff.views.console import Menu
from idp.web.forms import BadForm, read_form
from idp.web.i18n import mark as _

PAGE: Final = "/staff/changes"
ONE: Final = f"{PAGE}/<change>"
CHANGE: Final = Permission.REGISTER_CHANGE
MENU: Final = Menu(_("変更のお手続き"), _("組合員から届いた変更を、期限の近いものから確かめる"))
LATE: Final = _("期限を過ぎた変更のお手続きが%(count)s件あります。")
TODAY: Final = _("今日が期限の変更のお手続きが%(count)s件あります。")
DECIDED: Final = _("このお手続きは、すでに終わっています。結果を確かめてください。")
MOVED: Final = _(
    "確かめたあとに、名簿の内容が変わりました。まだ何も決まっていません。新しい内容をもう一度確かめてください。"
)
WRONG_DAY: Final = _("変更の日は、今日から1年以内の日を入力してください。")
APPROVE: Final = {"csrf_token": 64, "digest": 64, "reason": 500, "effective_on": 40}
DONE: Final[dict[str, str]] = {
    "approved": _("変更を認め、名簿に記録しました。組合員にメールでお知らせします。"),
    "refused": _("変更を断りました。理由を組合員にメールでお知らせします。"),
}


@dataclass(frozen=True)
class ChangesPages:
    """Mounts and serves the queue."""

    desk: Desk
    queue: ChangeQueue
    deciding: Deciding

    def blueprint(self) -> Blueprint:
        """Mount the pages, and tell at home what is late."""
        room = self.desk.console.room("changes")
        room.page(PAGE, self.show, needs=CHANGE, menu=MENU)
        room.page(ONE, self.one, needs=CHANGE)
        room.act(f"{ONE}/approve", self.approve, needs=CHANGE)
        room.act(f"{ONE}/refuse", self.refuse, needs=CHANGE)
        self.desk.console.notices.append(self.notice)
        return room.blueprint

    def notice(self, acting: Acting) -> tuple[str, str] | None:
        """Give what stands at home: what is late, else what is due today."""
        if not acting.may(CHANGE):
            return None
        _open, late, today = self.queue.counts()
        if late:
            return PAGE, self.desk.say(LATE, count=late)
        return (PAGE, self.desk.say(TODAY, count=today)) if today else None

    def show(self, acting: Acting) -> Response:
        """Show what waits, the earliest due first; or what was decided."""
        query = asked("page", "decided", "done", longest=20)
        decided = query["decided"] == "yes"
        actor, behind = self.desk.actor(acting, CHANGE), self.desk.behind(acting)
        queue = self.queue.page(page_of(query["page"]), actor, behind, decided=decided)
        rows = [
            {
                "url": f"{PAGE}/{one.change.id}",
                "kind": self.desk.say(KINDS[one.change.kind]),
                "number": one.change.member_number,
                "name": one.name,
                "due_on": one.change.due_on,
                "due": one.due.value,
                "due_said": self.desk.say(DUES[one.due]),
                "state": self.desk.say(STATES[one.change.state]),
                "filed_at": one.change.filed_at,
            }
            for one in queue.rows
        ]
        kept = "&decided=yes" if decided else ""
        return self.desk.render(
            acting,
            "changes",
            here=f"{PAGE}?decided=yes" if decided else PAGE,
            rows=rows,
            queue=queue,
            decided=decided,
            done=DONE.get(query["done"]),
            newer=f"{PAGE}?page={queue.page - 1}{kept}" if queue.page > 1 else None,
            older=f"{PAGE}?page={queue.page + 1}{kept}" if queue.more else None,
        )

    def one(self, acting: Acting, change: str) -> Response:
        """Show one request."""
        return self._one(acting, change)

    def approve(self, acting: Acting, change: str) -> Response:
        """Put the change into the register, if it is still what the page showed."""
        sent = read_form(request, APPROVE)
        if not sent["digest"]:
            raise BadForm("bad_request", "the digest of what was shown is missing")
        reason, on = reason_of(sent["reason"]), day_of(sent["effective_on"])
        errors: dict[str, str] = {}
        if reason is None:
            errors["reason"] = NO_REASON
        if on is None:
            errors["effective_on"] = BAD_DAY
        if reason is None or on is None:
            return self._one(acting, change, 400, form="approve", errors=errors, sent=sent)
        actor, behind = self.desk.actor(acting, CHANGE), self.desk.behind(acting)
        try:
            self.deciding.approve(_id(change), on, actor, reason, sent["digest"], behind)
        except BadEffectiveDay:
            errors = {"effective_on": WRONG_DAY}
            return self._one(acting, change, 400, form="approve", errors=errors, sent=sent)
        except ChangeDecided:
            return self._one(acting, change, 409, over=DECIDED)
        except DifferenceChanged:
            return self._one(acting, change, 409, form="approve", sent=sent, over=MOVED)
        return redirect(f"{PAGE}?done=approved", 303)

    def refuse(self, acting: Acting, change: str) -> Response:
        """Refuse it; the member is told the reason."""
        sent = read_form(request, {"csrf_token": 64, "reason": 500})
        reason = reason_of(sent["reason"])
        if reason is None:
            errors = {"reason": NO_REASON}
            return self._one(acting, change, 400, form="refuse", errors=errors, sent=sent)
        actor, behind = self.desk.actor(acting, CHANGE), self.desk.behind(acting)
        try:
            self.deciding.refuse(_id(change), actor, reason, behind)
        except ChangeDecided:
            return self._one(acting, change, 409, over=DECIDED)
        return redirect(f"{PAGE}?done=refused", 303)

    def _one(
        self,
        acting: Acting,
        change: str,
        status: int = 200,
        *,
        form: str = "",
        errors: dict[str, str] | None = None,
        sent: dict[str, str] | None = None,
        over: str | None = None,
    ) -> Response:
        actor, behind = self.desk.actor(acting, CHANGE), self.desk.behind(acting)
        seen = self.deciding.look(_id(change), actor, behind)
        today = self.desk.clock.today()
        if errors and sent and sent.get("digest", seen.digest) != seen.digest:
            # The page comes back with the new digest: never without saying that it is new.
            status, over = 409, MOVED
        return self.desk.render(
            acting,
            "change",
            status,
            here=f"{PAGE}/{seen.change.id}",
            **self._shown(seen, today),
            today=today,
            form=form,
            errors=errors or {},
            sent=sent or {},
            over=over,
        )

    def _shown(self, seen: Seen, today: date) -> dict[str, Any]:
        change, say = seen.change, self.desk.say
        due = due_of(change, today)
        rows = [
            {
                "field": say(FIELD_NAMES[name]),
                "before": before,
                "after": after,
                "differs": before != after,
            }
            for name, before, after in seen.rows
        ]
        return {
            "change": change,
            "kind": say(KINDS[change.kind]),
            "state": say(STATES[change.state]),
            "is_open": change.state is State.OPEN,
            "due": due.value,
            "due_said": say(DUES[due]),
            "rows": rows,
            "digest": seen.digest,
        }


def _id(change: str) -> str:
    if not is_id(change):
        raise UnknownChange("no such change request")
    return change
