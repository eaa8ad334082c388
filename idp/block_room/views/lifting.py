"""One block, explained; lifting it, or all of a cause; taking an account out of service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.approvals.model import Waits
from idp.approvals.views.at_desk import AtDesk, is_reason, request_page
from idp.block_room.acts import BadAct, LiftAll
from idp.block_room.desk import BlockRoom
from idp.block_room.model import NothingToLift, OwnBlock, SetChanged, TooManyLooks
from idp.block_room.people import AccountDesk, NoAccount, NotSo
from idp.block_room.views import content
from idp.block_room.views.listing import EXPLAIN, LIFTS
from idp.block_room.views.places import BLOCKS, LIFT, MANY, ONE, STOP
from idp.block_room.words import cause
from idp.lifecycle.block_desk import NoBlock
from idp.members.errors import BadMemberNumber
from idp.policy.model import LimitName
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.web.forms import BadForm, read_form
from idp.web.i18n import mark as _

NO_REASON: Final = _("理由を、一文で入力してください。")
WRONG: Final[dict[str, str]] = {
    "reason": NO_REASON,
    "over": _("この制限は、もう解かれているか、終わっています。何も変わっていません。"),
    "own": _("ご自身のアカウントの制限は、解けません。ほかの担当者に頼んでください。"),
    "changed": _(
        "一覧を開いたあとで、制限が変わりました。いまの件数を確かめて、やり直してください。"
    ),
    "nothing": _("この種類の制限は、もうひとつも続いていません。"),
    "confirm": _("「すべてのログインが終わることを確かめました」に、しるしを付けてください。"),
    "not_so": _("このアカウントは、もう制限されています。何も変わっていません。"),
    "no_account": _("この番号の組合員のアカウントはありません。"),
}


@dataclass(frozen=True)
class LiftingPages:
    """Mounts and serves a block, and the acts on blocks."""

    desk: AtDesk
    blocks: BlockRoom
    accounts: AccountDesk
    many: LiftAll

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        room = self.desk.console.room("lifting")
        room.page(MANY, self.prepare, needs=LIFTS)
        room.act(MANY, self.lift_many, needs=LIFTS, recent=MANY, called=_("制限をまとめて解く"))
        room.page(STOP, lambda _acting: redirect(BLOCKS, 303), needs=LIFTS)
        room.act(STOP, self.stop, needs=LIFTS, recent=BLOCKS, called=_("アカウントを制限する"))
        room.page(ONE, self.one, needs=EXPLAIN)
        room.act(LIFT, self.lift, needs=LIFTS)
        room.page(LIFT, self._back, needs=LIFTS)
        return room.blueprint

    def one(self, acting: Acting, block_id: str) -> Response:
        """Explain one block: on a member's account, that is a look at the member."""
        return self._one(acting, block_id)

    def lift(self, acting: Acting, block_id: str) -> Response:
        """Lift one block, with a reason."""
        sent = read_form(request, {"csrf_token": 64, "reason": 600})
        if not is_reason(sent["reason"]):
            return self._one(acting, block_id, 400, wrong="reason", reason=sent["reason"])
        actor, behind = self.desk.actor(acting, LIFTS), self.desk.behind(acting)
        try:
            self.blocks.lift(block_id, actor, sent["reason"], behind)
        except NoBlock:
            return self._one(acting, block_id, 409, wrong="over")
        except OwnBlock:
            return self._one(acting, block_id, 409, wrong="own")
        return redirect(f"{BLOCKS}/{block_id}?done=lifted", 303)

    def prepare(self, acting: Acting, rule: str) -> Response:
        """Show how many blocks of a cause one act would lift."""
        return self._many(acting, _cause(rule))

    def lift_many(self, acting: Acting, rule: str) -> Response:
        """Lift what was shown, or let it wait for a second person."""
        sent = read_form(request, {"csrf_token": 64, "reason": 600, "at": 18, "set": 64})
        named = _cause(rule)
        if not (sent["at"].isascii() and sent["at"].isdigit()):
            raise BadForm("bad_request", "at")
        if not is_reason(sent["reason"]):
            return self._many(acting, named, 400, wrong="reason", reason=sent["reason"])
        parameters = {"rule": named.value, "at": int(sent["at"]), "set": sent["set"]}
        try:
            done = self.desk.submit(acting, self.many, parameters, sent["reason"])
        except (SetChanged, BadAct):
            return self._many(acting, named, 409, wrong="changed", reason=sent["reason"])
        except NothingToLift:
            return self._many(acting, named, 409, wrong="nothing")
        except OwnBlock:
            return self._many(acting, named, 409, wrong="own")
        if isinstance(done, Waits):
            return redirect(request_page(done), 303)
        return redirect(f"{BLOCKS}?done=lifted", 303)

    def stop(self, acting: Acting) -> Response:
        """Take a member's account out of service, with a reason: everything ends at once."""
        fields = {"csrf_token": 64, "reason": 600, "member_number": 20, "confirm": 4}
        sent = read_form(request, fields)
        wrong = None
        if not is_reason(sent["reason"]):
            wrong = "reason"
        elif sent["confirm"] != "yes":
            wrong = "confirm"
        if wrong is not None:
            return self._stop(acting, sent, 400, wrong)
        actor, behind = self.desk.actor(acting, LIFTS), self.desk.behind(acting)
        try:
            self.accounts.block(sent["member_number"], actor, sent["reason"].strip(), behind)
        except (NoAccount, BadMemberNumber):
            return self._stop(acting, sent, 404, "no_account")
        except NotSo:
            return self._stop(acting, sent, 409, "not_so")
        return redirect(f"{BLOCKS}?done=stopped", 303)

    def _back(self, _acting: Acting, block_id: str) -> Response:
        return redirect(f"{BLOCKS}/{block_id}", 303)

    def _one(
        self,
        acting: Acting,
        block_id: str,
        status: int = 200,
        *,
        wrong: str | None = None,
        reason: str = "",
    ) -> Response:
        console = self.desk.console
        language = console.pages.language()
        try:
            found = self.blocks.open(
                block_id,
                self.desk.actor(acting, EXPLAIN),
                self.desk.behind(acting),
                members_too=acting.may(Permission.MEMBER_VIEW),
                staff_too=acting.may(Permission.STAFF_VIEW),
            )
        except TooManyLooks:
            return redirect(f"{BLOCKS}?done=too_many", 303)
        own = found.block.subject == acting.staff_id
        return console.render(
            acting,
            "block_room/block.html",
            status,
            here=f"{BLOCKS}/{found.block.id}",
            block=content.opened(found, self.blocks.lifters(), language),
            may_lift=acting.may(LIFTS) and found.runs and not own,
            own=own and found.runs,
            wrong=WRONG[wrong] if wrong else None,
            in_field=wrong == "reason",
            reason=reason,
            done=request.args.get("done") == "lifted",
        )

    def _many(
        self,
        acting: Acting,
        rule: LimitName,
        status: int = 200,
        *,
        wrong: str | None = None,
        reason: str = "",
    ) -> Response:
        console = self.desk.console
        language = console.pages.language()
        prepared = self.many.prepare(rule)
        needed = console.policy.policy.approvals.for_kind(self.many.kind)
        count = len(prepared.blocks)
        opens = acting.may(EXPLAIN)
        return console.render(
            acting,
            "block_room/many.html",
            status,
            here=f"{BLOCKS}/many/{rule.value}",
            rule=rule.value,
            cause=cause(rule, language),
            count=count,
            more=prepared.more,
            at=content.at(prepared.at, language),
            parameters=self.many.parameters(prepared),
            rows=[content.row(one, language, opens=opens) for one in prepared.blocks[:20]],
            waits=needed is not None and count >= needed.from_count,
            wrong=WRONG[wrong] if wrong else None,
            in_field=wrong == "reason",
            reason=reason,
        )

    def _stop(self, acting: Acting, sent: dict[str, str], status: int, wrong: str) -> Response:
        return self.desk.console.render(
            acting,
            "block_room/stop.html",
            status,
            shown_once=True,
            number=sent["member_number"],
            reason=sent["reason"],
            wrong=WRONG[wrong],
            in_field=wrong == "reason",
            again=wrong in ("reason", "confirm"),
        )


def _cause(named: str) -> LimitName:
    if named not in {one.value for one in LimitName}:
        raise NoBlock("there is no such cause")
    return LimitName(named)
