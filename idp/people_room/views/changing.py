"""`/staff/people/…`: ask for a new colleague, other roles, another phone, or an end.

Each form sends its act through `Approvals.submit`: whether it waits is policy, not this page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from flask import Blueprint, request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from idp.approvals.act import Act
from idp.approvals.model import ApprovalRefused, BadRequest, Submitted, Waits
from idp.approvals.service import Approvals
from idp.approvals.views.requester import requester_of
from idp.approvals.words import WHY
from idp.members.errors import BadMailAddress
from idp.people_room.forms import ADD, ADDING, BAD_ADDRESS, FIELD_OF, FORMS, ROLES, Form, told
from idp.people_room.views.people import person_of
from idp.policy.approvals import ApprovalKind, SecondPerson
from idp.policy.staff import Permission
from idp.staff.directory import Listed, StaffDirectory
from idp.staff.model import Acting, Rule, StaffFailed, StaffRefused, UnknownStaff, may_grant
from idp.staff.views.again import CodeWithAct
from idp.staff.views.console import Console
from idp.staff.views.places import APPROVALS, PEOPLE
from idp.staff.words import RULES
from idp.web.forms import read_form

CHANGE: Final = Permission.STAFF_CHANGE
NOTHING: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Wrong:
    """What stood in the way: a marked sentence, beside its field or over the page."""

    status: int
    said: str
    field: str | None = None


@dataclass(frozen=True)
class ChangingPages:
    """Mounts and serves the forms."""

    console: Console
    directory: StaffDirectory
    approvals: Approvals
    acts: Mapping[ApprovalKind, Act]
    codes: CodeWithAct

    def blueprint(self) -> Blueprint:
        """Mount the pages."""
        room = self.console.room("people_changing")
        room.page(ADD, partial(self.ask, ADDING), needs=CHANGE)
        room.act(ADD, partial(self.send, ADDING), needs=CHANGE)
        for form in FORMS:
            rule = f"{PEOPLE}/<staff_id>/{form.name}"
            room.page(rule, partial(self.ask, form), needs=CHANGE)
            room.act(rule, partial(self.send, form), needs=CHANGE)
        return room.blueprint

    def ask(self, form: Form, acting: Acting, staff_id: str | None = None) -> Response:
        """Show the form."""
        return self._page(form, acting, self._listed(acting, staff_id))

    def send(self, form: Form, acting: Acting, staff_id: str | None = None) -> Response:
        """Send what was asked for to a second person, or do it, as policy says."""
        sent = read_form(request, form.reads(self.console.policy.policy.roles.roles))
        one = self._listed(acting, staff_id)
        failed = self.codes.failed(acting, sent["code"])
        if failed is not None:
            return self._page(form, acting, one, sent, failed=failed)
        try:
            done = self._submit(form, acting, one, sent)
        except BadMailAddress:
            wrong = Wrong(400, BAD_ADDRESS, "address")
        except StaffRefused as error:
            wrong = self._refused(error, form)
        except BadRequest as error:
            # What is left out of the form is an empty text here: the first empty field is named.
            empty = next((name for name, _most in form.fields[:2] if not sent[name]), "reason")
            said = WHY[error.why] if empty == "reason" else RULES[Rule.NO_WORDS]
            wrong = Wrong(400, said, empty)
        except ApprovalRefused as error:
            wrong = Wrong(error.status, WHY[error.why])
        else:
            if isinstance(done, Waits):
                return redirect(f"{APPROVALS}/{done.approval}", 303)
            return redirect(f"{PEOPLE}/{staff_id}" if staff_id else PEOPLE, 303)
        return self._page(form, acting, one, sent, wrong)

    def _submit(
        self, form: Form, acting: Acting, one: Listed | None, sent: dict[str, str]
    ) -> Submitted:
        rules = self.console.policy.policy
        emergency = bool(sent.get("break_glass"))
        hours = rules.approvals.review_within.seconds // 3600 if emergency else None
        held = one.held if one else ()
        staff_id = one.account.id if one else None
        parameters = told(form, sent, staff_id, held, tuple(rules.roles.roles), hours)
        who = requester_of(self.console, acting, CHANGE)
        act, reason = self.acts[form.kind], sent["reason"]
        return self.approvals.submit(act, parameters, who, reason, break_glass=emergency)

    def _refused(self, error: StaffRefused, form: Form) -> Wrong:
        assert error.rule is not None
        field = FIELD_OF.get(error.rule)
        if field == "name" and form is not ADDING:
            field = "reason"
        return Wrong(error.status, RULES[error.rule], field)

    def _listed(self, acting: Acting, staff_id: str | None) -> Listed | None:
        if staff_id is None:
            return None
        actor = acting.actor(CHANGE, self.console.policy.policy.roles)
        one = self.directory.look(staff_id, actor, acting.session.id, self.console.origin())
        if one.account.ended_at is not None:
            raise UnknownStaff(f"{staff_id[:80]}: this account has ended")
        return one

    def _page(
        self,
        form: Form,
        acting: Acting,
        one: Listed | None,
        sent: Mapping[str, str] = NOTHING,
        wrong: Wrong | None = None,
        failed: StaffFailed | None = None,
    ) -> Response:
        language = self.console.pages.language()
        staff_id = one.account.id if one else None
        rule = self.console.policy.policy.approvals.for_kind(form.kind)
        url, empty = form.url(staff_id), dict.fromkeys(form.reads(()), "")
        ends = {"waiting": self._waiting_of(staff_id)} if form.name == "end" and staff_id else None
        return self.console.render(
            acting,
            "staff/person_act.html",
            wrong.status if wrong else 401 if failed else 200,
            here=url,
            act={"name": form.name, "title": form.title, "about": form.about, "url": url},
            person=person_of(self.console, one, language) if one else None,
            back=f"{PEOPLE}/{staff_id}" if staff_id else PEOPLE,
            waits=rule is not None,
            roles=self._boxes(acting, one, sent) if form.roles else None,
            emergency=self._emergency(form, rule),
            ends=ends,
            sent=empty | dict(sent),
            wrong=wrong,
            ask_code=self.codes.is_needed(acting),
            error=self.codes.error(failed),
        )

    def _boxes(
        self, acting: Acting, one: Listed | None, sent: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        rules, held = self.console.policy.policy.roles, one.held if one else ()
        language = self.console.pages.language()
        return [
            {
                "id": role,
                "name": self.console.role_names((role,), language)[0],
                "checked": sent.get(f"role_{role}") == "yes" if sent else role in held,
                "fixed": role not in held and not may_grant(acting.roles, role, rules),
            }
            for role in rules.roles
        ]

    def _emergency(self, form: Form, rule: SecondPerson | None) -> int | None:
        if form is not ROLES or rule is None or not rule.break_glass:
            return None
        return self.console.policy.policy.approvals.review_within.seconds // 3600

    def _waiting_of(self, staff_id: str) -> int:
        asked = self.approvals.asked_by(staff_id)
        return sum(1 for one in asked if one.ended_at is None)
