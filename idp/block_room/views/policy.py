"""`/staff/policy`: what is in force, its history; proposing, rehearsing and activating another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from idp.acts.policy import ActivatePolicy, InForceAlready, parameters_of
from idp.approvals.model import ApprovalRefused, Waits, Why
from idp.approvals.views.at_desk import AtDesk, is_reason, request_page
from idp.approvals.words import WHY
from idp.block_room.model import PolicyMoved, Proposed, RehearsalState, WrongProposal
from idp.block_room.proposals import LIMITS, MOST_TEXT, Proposals
from idp.block_room.views import result as results
from idp.block_room.views.content import at
from idp.block_room.views.lifting import NO_REASON
from idp.block_room.views.places import ACTIVATE, NEW, POLICY, PROPOSAL, VERSION
from idp.block_room.words import STATES, cause
from idp.clients.registration import BadClient
from idp.members.errors import BadDate
from idp.members.japan.dates import parse_date
from idp.policy.folder import AREAS, BadPolicy
from idp.policy.model import Limit
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Menu
from idp.web.forms import read_form
from idp.web.i18n import mark as _
from idp.web.i18n import translate

VIEW, CHANGE = Permission.POLICY_VIEW, Permission.POLICY_CHANGE
MENU: Final = Menu(_("方針（ポリシー）"), _("いまの方針、その履歴、変更の予行と適用"))
NOTICE: Final = _("適用できる方針の変更が%(count)s件あります")
FIELDS: Final = {
    "csrf_token": 64,
    "reason": 600,
    "file": 32,
    "text": MOST_TEXT + 10_000,
    "from": 40,
    "to": 40,
}
WRONG: Final[dict[str, str]] = {
    "reason": NO_REASON,
    "file": _("一覧にあるファイルを選んでください。"),
    "text": _("この内容は、方針として読み取れないか、いまと変わりません。"),
    "from": _(
        "はじめの日を、2026-11-01 や 令和8年11月1日のように、今日までの日で入力してください。"
    ),
    "to": _("終わりの日は、はじめの日から93日以内で入力してください。"),
    "busy": _("順番を待っている予行が、いくつもあります。終わってから、もう一度お試しください。"),
    "moved": _(
        "予行が終わっていないか、そのあいだに別の方針が有効になりました。いまの方針をもとに、"
        "変更を提案し直してください。"
    ),
    "clients": _(
        "この方針では、連携サービスのトークンに署名できません。keys.tomlの方式をお確かめください。"
    ),
}


@dataclass(frozen=True)
class PolicyPages:
    """Mounts and serves the pages."""

    desk: AtDesk
    proposals: Proposals
    activation: ActivatePolicy

    def blueprint(self) -> Blueprint:
        """Mount the pages, and tell at home which of one's proposals can be put in force."""
        room = self.desk.console.room("policy")
        room.page(POLICY, self.show, needs=VIEW, menu=MENU)
        room.page(VERSION, self.version, needs=VIEW)
        room.page(NEW, self.form, needs=CHANGE)
        room.act(NEW, self.propose, needs=CHANGE)
        room.page(PROPOSAL, self.one, needs=VIEW)
        room.page(ACTIVATE, self._back, needs=CHANGE)
        room.act(
            ACTIVATE,
            self.activate,
            needs=CHANGE,
            recent=ACTIVATE,
            called=_("方針の変更を適用する"),
        )
        self.desk.console.notices.append(self.notice)
        return room.blueprint

    def notice(self, acting: Acting) -> tuple[str, str] | None:
        """Give what stands at home: rehearsals of one's own that are over."""
        count = self.proposals.notable(acting.staff_id) if acting.may(CHANGE) else 0
        said = translate(NOTICE, self.desk.console.pages.language())
        return (POLICY, said % {"count": count}) if count else None

    def show(self, acting: Acting) -> Response:
        """Show the policy in force, its limits, what was in force before, what is proposed."""
        console = self.desk.console
        language, policy = console.pages.language(), console.policy.current
        history = self.proposals.history()
        return console.render(
            acting,
            "block_room/policy.html",
            digest=policy.digest,
            since=at(history[0].since, language) if history else "",
            limits=[
                (cause(name, language), *_limit(limit))
                for name, limit in policy.policy.limits.items()
            ],
            history=[
                {
                    "url": f"{POLICY}/version/{one.number}",
                    "number": one.number,
                    "since": at(one.since, language),
                    "by": one.by,
                    "digest": one.digest[:12],
                }
                for one in history[:50]
            ],
            proposals=[
                {
                    "url": f"{POLICY}/proposals/{one.id}",
                    "at": at(one.made_at, language),
                    "digest": one.digest[:12],
                    "state": translate(STATES[one.state], language),
                    "stale": one.base != policy.digest,
                }
                for one in self.proposals.newest()
            ],
            may_change=acting.may(CHANGE),
            done=request.args.get("done", "")[:16],
        )

    def version(self, acting: Acting, number: str) -> Response:
        """Show what one activation changed."""
        plain = number if number.isascii() and number.isdigit() and len(number) < 9 else "0"
        found, changed = self.proposals.version(int(plain))
        language = self.desk.console.pages.language()
        return self.desk.console.render(
            acting,
            "block_room/policy_version.html",
            number=found.number,
            digest=found.digest,
            since=at(found.since, language),
            by=found.by,
            changes=changed,
        )

    def form(self, acting: Acting) -> Response:
        """Show the form for a change, with the text in force."""
        asked = request.args.get("file", LIMITS)
        area = asked if asked in AREAS else LIMITS
        today = self.proposals.clock.today()
        sent = {
            "file": area,
            "text": self.proposals.text_in_force(area),
            "from": (today - timedelta(days=30)).isoformat(),
            "to": today.isoformat(),
            "reason": "",
        }
        return self._form(acting, sent)

    def propose(self, acting: Acting) -> Response:
        """Keep a change, and let it be rehearsed."""
        sent = read_form(request, FIELDS)
        if not is_reason(sent["reason"]):
            return self._form(acting, sent, 400, wrong="reason")
        actor = self.desk.actor(acting, CHANGE)
        behind = self.desk.behind(acting, sent["reason"].strip())
        field = "from"
        try:
            begin = parse_date(sent["from"])
            field = "to"
            end = parse_date(sent["to"])
            made = self.proposals.propose(sent["file"], sent["text"], begin, end, actor, behind)
        except BadDate:
            return self._form(acting, sent, 400, wrong=field)
        except WrongProposal as error:
            status = 429 if error.field == "busy" else 400
            return self._form(acting, sent, status, wrong=error.field, detail=error.detail)
        return redirect(f"{POLICY}/proposals/{made.id}", 303)

    def one(self, acting: Acting, proposal_id: str) -> Response:
        """Show a proposal: what it changes, how far its rehearsal is, what that found."""
        return self._one(acting, self.proposals.find(proposal_id))

    def activate(self, acting: Acting, proposal_id: str) -> Response:
        """Put a proposal in force, or let it wait for a second person."""
        sent = read_form(request, {"csrf_token": 64, "reason": 600, "break_glass": 4})
        found, reason = self.proposals.find(proposal_id), sent["reason"]
        if not is_reason(reason):
            return self._one(acting, found, 400, wrong="reason", reason=reason)
        try:
            parameters = parameters_of(self.proposals.to_activate(proposal_id))
            glass = sent["break_glass"] == "yes"
            done = self.desk.submit(acting, self.activation, parameters, reason, break_glass=glass)
        except (PolicyMoved, InForceAlready, BadPolicy):
            return self._one(acting, found, 409, wrong="moved", reason=reason)
        except BadClient:
            return self._one(acting, found, 409, wrong="clients", reason=reason)
        except ApprovalRefused as error:
            return self._one(acting, found, error.status, wrong=error.why.value, reason=reason)
        if isinstance(done, Waits):
            return redirect(request_page(done), 303)
        return redirect(f"{POLICY}?done=active", 303)

    def _back(self, _acting: Acting, proposal_id: str) -> Response:
        return redirect(f"{POLICY}/proposals/{proposal_id}", 303)

    def _form(
        self,
        acting: Acting,
        sent: dict[str, str],
        status: int = 200,
        *,
        wrong: str | None = None,
        detail: str = "",
    ) -> Response:
        return self.desk.console.render(
            acting,
            "block_room/policy_new.html",
            status,
            here=NEW,
            sent=sent,
            files=list(AREAS),
            field=wrong,
            wrong=WRONG[wrong] if wrong else None,
            detail=detail[:300],
        )

    def _one(
        self,
        acting: Acting,
        found: Proposed,
        status: int = 200,
        *,
        wrong: str | None = None,
        reason: str = "",
    ) -> Response:
        console = self.desk.console
        language, needed = (
            console.pages.language(),
            console.policy.policy.approvals.for_kind(self.activation.kind),
        )
        stale = found.base != console.policy.digest
        over = found.state is RehearsalState.DONE
        values: dict[str, Any] = {
            "url": f"{POLICY}/proposals/{found.id}",
            "digest": found.digest,
            "made_at": at(found.made_at, language),
            "state": translate(STATES[found.state], language),
            "going_on": found.state in (RehearsalState.WAITING, RehearsalState.RUNNING),
            "read": found.read,
            "total": max(found.total, 1),
            "failure": found.failure,
            "rehearsed": found.result is not None,
            "result": results.shown(found.result, language) if found.result else None,
            "changes": self.proposals.changes_of(found),
            "stale": stale,
            "may_activate": acting.may(CHANGE) and over and not stale,
            "waits": needed is not None,
            "glass": needed is not None and needed.break_glass,
            "wrong": (WRONG.get(wrong) or WHY[Why(wrong)]) if wrong else None,
            "in_field": wrong == "reason",
            "reason": reason,
        }
        page = "block_room/policy_proposal.html"
        return console.render(acting, page, status, here=values["url"], **values)


def _limit(limit: Limit) -> tuple[int, str, str]:
    """Give the numbers of a limit: how many, within which time, how long a block lasts."""
    block = limit.then.block.text if limit.then and limit.then.block else ""
    return limit.count, limit.period.text if limit.period else "", block
