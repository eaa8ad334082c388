"""`/staff/audit/reviews/export`: the sign-offs as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.audit_room.exporting import Exports
from idp.audit_room.review_forms import FORMS, SignedTable
from idp.audit_room.review_model import BadReview, SignOff
from idp.audit_room.reviews import Reviews
from idp.audit_room.views.room import RoomDesk
from idp.audit_room.views.showing import PAGE
from idp.audit_search.model import Criteria
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.web.forms import read_form
from idp.web.i18n import mark as _

REVIEWS: Final = f"{PAGE}/reviews"
BATCH: Final = 500


@dataclass(frozen=True)
class ReviewFiles:
    """Mounts and serves the export of sign-offs."""

    desk: RoomDesk
    reviews: Reviews
    exports: Exports

    def blueprint(self) -> Blueprint:
        """Mount it."""
        room = self.desk.console.room("audit_review_files")
        room.act(
            f"{REVIEWS}/export",
            self.export,
            needs=Permission.AUDIT_EXPORT,
            recent=REVIEWS,
            called=_("署名の記録を書き出す"),
        )
        return room.blueprint

    def export(self, acting: Acting) -> Response:
        """Send all sign-offs, the newest first."""
        sent, export = read_form(request, {"csrf_token": 64, "form": 8}), Permission.AUDIT_EXPORT
        if not acting.may(Permission.AUDIT_REVIEW):
            return self.desk.console.forbidden(acting, Permission.AUDIT_REVIEW)
        if sent["form"] not in FORMS:
            raise BadReview("criteria")
        write, content_type = FORMS[sent["form"]]
        actor, look = self.desk.actor(acting, export), self.desk.look(acting)
        guard = self.desk.guard(acting, export, self.desk.limits.export_rows)
        form, everything = f"sign-offs {sent['form']}", Criteria()
        mark = self.exports.begin(form, everything, actor, **look)
        reviews = {one.id: one for one in self.reviews.list_all()}
        table = SignedTable(self._signed(), reviews, guard)
        lines = self.exports.told(mark, form, everything, actor, table, write(mark, table), **look)
        return self.desk.file(lines, content_type, "sign-offs", sent["form"], acting.staff_id)

    def _signed(self) -> Iterator[SignOff]:
        before: str | None = None
        while batch := self.reviews.newest_sign_offs(BATCH, before):
            yield from batch
            before = batch[-1].id
