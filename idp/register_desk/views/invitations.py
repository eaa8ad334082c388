"""`/staff/register/invitations` and `/letters`: who was invited, and the letters to print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.clock import TOKYO
from idp.errors import SettingsError
from idp.policy.staff import Permission
from idp.register_desk.letters import Letters, Listed, NoLetters
from idp.register_desk.views.desk import NO_REASON, Desk, asked, reason_of
from idp.register_desk.words import INVITATIONS, SENT_BY
from idp.staff.model import Acting
from idp.web.forms import read_form
from idp.web.i18n import mark as _

PAGE: Final = "/staff/register/invitations"
LETTERS: Final = "/staff/register/letters"
INVITE: Final = Permission.INVITATION_ISSUE
SELECTOR: Final = re.compile(r"[0-9A-Z]{6}")
FIELDS: Final = {"csrf_token": 64, "letters": 8_000, "reason": 500}
NO_FONT: Final = _(
    "手紙の書体（Noto Sans CJK）が見つからないため、PDF を作れません。"
    "システムの管理者にお知らせください。"
)
GONE: Final = _("これらの手紙は、ほかの操作で終わりました。いまの一覧を確かめてください。")
PRINTED: Final = _("印刷済みとして記録しました。")


@dataclass(frozen=True)
class InvitationPages:
    """Mounts and serves the pages."""

    desk: Desk
    letters: Letters

    def blueprint(self) -> Blueprint:
        """Mount them."""
        room = self.desk.console.room("register_invitations")
        room.page(PAGE, self.show, needs=INVITE)
        room.page(LETTERS, self.waiting, needs=INVITE)
        room.act(
            f"{LETTERS}/file",
            self.file,
            needs=INVITE,
            recent=LETTERS,
            called=_("手紙の PDF を受け取る"),
        )
        room.act(LETTERS, self.printed, needs=INVITE)
        return room.blueprint

    def show(self, acting: Acting) -> Response:
        """Show who was invited and has not registered."""
        after = asked("after", longest=6)["after"]
        actor, behind = self.desk.actor(acting, INVITE), self.desk.behind(acting)
        found = self.letters.pending(after if SELECTOR.fullmatch(after) else "", actor, behind)
        return self.desk.render(
            acting,
            "invitations",
            here=PAGE,
            rows=[self._row(one) for one in found.rows],
            count=found.count,
            letters=found.letters,
            newer=PAGE if after else None,
            older=f"{PAGE}?after={found.after}" if found.after else None,
        )

    def waiting(self, acting: Acting) -> Response:
        """Show the letters to print."""
        done = PRINTED if request.args.get("done") == "printed" else None
        return self._letters(acting, done=done)

    def file(self, acting: Acting) -> Response:
        """Send the letters that were listed as a PDF."""
        sent = read_form(request, FIELDS)
        actor, behind = self.desk.actor(acting, INVITE), self.desk.behind(acting)
        try:
            content = self.letters.draw(_selectors(sent), actor, behind)
        except SettingsError:  # no font
            return self._letters(acting, 503, wrong=NO_FONT)
        except NoLetters:
            return self._letters(acting, 409 if _selectors(sent) else 400, wrong=GONE)
        response = Response(content, content_type="application/pdf")
        at = self.desk.clock.now().astimezone(TOKYO)
        name = f"letters-{at:%Y%m%dT%H%M%S}-{acting.staff_id}.pdf"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def printed(self, acting: Acting) -> Response:
        """Note that the letters that were listed lie there on paper."""
        sent = read_form(request, FIELDS)
        reason = reason_of(sent["reason"])
        if reason is None:
            return self._letters(acting, 400, errors={"reason": NO_REASON})
        actor, behind = self.desk.actor(acting, INVITE), self.desk.behind(acting, reason)
        try:
            self.letters.printed(_selectors(sent), actor, behind)
        except NoLetters:
            return self._letters(acting, 409, wrong=GONE)
        return redirect(f"{LETTERS}?done=printed", 303)

    def _letters(
        self,
        acting: Acting,
        status: int = 200,
        *,
        wrong: str | None = None,
        errors: dict[str, str] | None = None,
        done: str | None = None,
    ) -> Response:
        actor, behind = self.desk.actor(acting, INVITE), self.desk.behind(acting)
        listed, lacking, count = self.letters.waiting(actor, behind)
        return self.desk.render(
            acting,
            "letters",
            status,
            here=LETTERS,
            rows=[self._row(one) for one in listed],
            lacking=[self._row(one) for one in lacking],
            count=count,
            selectors=" ".join(one.invitation.selector for one in listed),
            wrong=wrong,
            errors=errors or {},
            done=done,
        )

    def _row(self, one: Listed) -> dict[str, Any]:
        invitation, now = one.invitation, self.desk.clock.now()
        return {
            "number": invitation.member_number,
            "name": one.name,
            "way": self.desk.say(SENT_BY[invitation.sent_by.value]),
            "state": self.desk.say(INVITATIONS[invitation.state(now).value]),
            "created_at": invitation.created_at,
            "expires_at": invitation.expires_at,
        }


def _selectors(sent: dict[str, str]) -> list[str]:
    return [one for one in sent["letters"].split() if SELECTOR.fullmatch(one)]
