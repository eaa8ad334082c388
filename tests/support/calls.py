"""Calls without pages: operators, callers who know the truth, and second persons, on any engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any

import msgspec

from audit.event import Actor
from audit.names import EventName
from demo.register import register_csv
from idp.accounts.service import Accounts
from idp.approvals.model import Requester, State, Waits
from idp.approvals.service import Approvals
from idp.assembly.approvals import build_approvals
from idp.assembly.foundation import Foundation
from idp.assembly.helpdesk import HelpdeskServices, build_helpdesk, build_plans
from idp.assembly.register import build_register
from idp.assembly.staff import build_staff
from idp.clock import to_micros
from idp.helpdesk import store
from idp.helpdesk.answers import facts_of
from idp.helpdesk.model import Case, Need, Operator
from idp.helpdesk.plans import Plans
from idp.journal.model import Origin
from idp.mails.model import Mail, MailKind
from idp.members import store as members
from idp.staff import session_store

MADE = Actor("operator", "cli:test")
_numbers = count(1)


@dataclass(frozen=True)
class Phone:
    """The help desk of a foundation with the demo's register."""

    f: Foundation
    desk: HelpdeskServices
    approvals: Approvals
    plans: Plans

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        file = self.f.settings.clock_file
        assert file is not None
        file.write_text(str(float(file.read_text()) + by.total_seconds()))

    @property
    def today(self) -> date:
        return self.f.clock.today()

    def operator(self, *roles: str, address: str = "") -> Operator:
        """Hire somebody who takes calls, signed in with a browser of their own."""
        number = next(_numbers)
        where = address or f"call{number}@mihon.example"
        made = (
            build_staff(self.f)
            .directory.add(where, f"架空 電話{number}", roles or ("helpdesk",), MADE, "joined")
            .account
        )
        browser = f"{number + 7000:064x}"
        with self.f.database.begin() as tx:
            session_store.know_device(tx, made.id, browser, to_micros(self.f.clock.now()))
        actor = Actor("staff", made.id, (roles or ("helpdesk",))[0])
        origin = Origin("192.0.2.9", "test")
        return Operator(made.id, where, actor, f"session-{number}", origin, (), browser)

    def open(self, who: Operator, number: str, need: Need = Need.ADDRESS_FORGOTTEN) -> Case:
        """Search by number, and open a case."""
        found = self.desk.searching.search(who, number)
        return self.desk.cases.open(who, found.search, 0, need, "試験のお電話")

    def case(self, case: Case) -> Case:
        """Give a case as it is now."""
        with self.f.database.read() as tx:
            return store.find(tx, case.id) or case

    def say(self, who: Operator, case: Case, *, right: bool = True) -> None:
        """Answer the question that stands open."""
        now = self.case(case)
        assert now.place is not None
        with self.f.database.read() as tx:
            facts = facts_of(members.get(tx, now.member_number), self.today)
        truth = min(facts[now.questions[now.place].kind])
        self.desk.cases.answer(who, case.id, now.place, truth if right else "9999")

    def prove(self, who: Operator, case: Case) -> Case:
        """Answer truly until nothing more is asked."""
        while (now := self.case(case)).place is not None and now.ended_at is None:
            self.say(who, case)
        return self.case(case)

    def call_back(self, who: Operator, case: Case) -> None:
        """Call the registered number, where the member says the code."""
        code = self.desk.calling_back.begin(who, case.id)
        assert self.desk.calling_back.hear(who, case.id, code.lower())

    def ready(self, who: Operator, number: str, need: Need) -> Case:
        """Bring a case to where a second person is asked."""
        case = self.open(who, number, need)
        self.prove(who, case)
        self.call_back(who, case)
        return self.case(case)

    def decide(self, waits: object, other: Operator) -> State:
        """Let a second person approve what waits."""
        assert isinstance(waits, Waits)
        digest = self.approvals.find(waits.approval).digest
        who = Requester(other.staff_id, other.actor, other.origin, other.session, other.browser)
        return self.approvals.decide(waits.approval, digest, who, approve=True, reason="確かめた")

    def account(self, number: str) -> str:
        """Give a member an account; answers the subject."""
        address = f"m{number}@mihon.example"
        accounts = Accounts(self.f.database, self.f.clock, self.f.policy, self.f.journal)
        return accounts.add(number, address, "tsukue no ue no hon 9", MADE).subject

    def mails(self, kind: MailKind) -> list[Mail]:
        """Open every mail of a kind that lies in the outbox."""
        with self.f.database.read() as tx:
            rows = tx.text("SELECT payload FROM outbox_message ORDER BY id").fetchall()
        found = []
        for row in rows:
            payload: dict[str, Any] = msgspec.json.decode(row[0])
            if "sealed" in payload:
                found.append(self.f.mails.open(payload["sealed"]))
        return [one for one in found if one.kind is kind]

    def events(self, name: EventName) -> int:
        """Count the events of a name."""
        with self.f.database.read() as tx:
            found = tx.text(f"SELECT count(*) FROM audit_event WHERE name = '{name.value}'")
            return int(found.fetchone()[0])


def open_phone(f: Foundation) -> Phone:
    """Fill the register and build the services."""
    report = build_register(f).import_file(register_csv(f.clock.today()), MADE, apply=True)
    assert report.applied, report.bad
    approvals = build_approvals(f)
    return Phone(f, build_helpdesk(f, approvals), approvals, build_plans(f))
