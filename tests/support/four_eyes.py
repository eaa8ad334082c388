"""Persons of the staff and an act for two, without pages, to try the rules of approvals on."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from audit.event import Actor
from audit.names import EventName
from idp.approvals.model import Author, Difference, Line, Parameters, Requester
from idp.approvals.service import Approvals
from idp.assembly.approvals import build_approvals
from idp.assembly.foundation import Foundation
from idp.assembly.staff import Staff, build_staff
from idp.clock import to_micros
from idp.errors import IdpError
from idp.journal.model import Origin
from idp.policy.approvals import ApprovalKind
from idp.policy.staff import Permission
from idp.staff import session_store, store
from idp.staff.model import StaffRefused
from idp.storage.sql import Tx

OPERATOR = Actor("operator", "cli:test")
_numbers = count(1)


@dataclass
class Switch:
    """An act for two: it turns something on, of which everybody sees how it stands."""

    journal: object
    kind: ApprovalKind = ApprovalKind.POLICY_ACTIVATION
    needs: Permission = Permission.POLICY_VIEW
    before: str = "off"
    subject: str | None = None
    count: int = 1
    fails: IdpError | None = None
    gone: IdpError | None = None
    done: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Tell how it stands."""
        assert tx is not None
        if self.gone:
            raise self.gone
        line = Line("switch", self.before, str(parameters["to"]))
        return Difference((line,), self.subject, self.count)

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Turn it, with an event; then fail where that is asked for."""
        data = {"reason": author.reason, "approval": author.approval, "changes": 1}
        self.journal.record(  # type: ignore[attr-defined]
            tx, EventName.POLICY_ACTIVATED, now, actor=author.actor, data=data
        )
        if self.fails:
            raise self.fails
        with self.lock:
            self.done.append(str(parameters["to"]))


@dataclass(frozen=True)
class Office:
    """A staff with one act for two."""

    f: Foundation
    staff: Staff
    switch: Switch
    approvals: Approvals

    def person(self, *roles: str) -> Requester:
        """Hire somebody, who has signed in with a browser of their own."""
        number = next(_numbers)
        made = self.staff.directory.add(
            f"office{number}@mihon.example", "架空 例", roles, OPERATOR, "joined"
        ).account
        return self.at_browser(made.id, roles[0] if roles else "", f"{number:064x}")

    def enrolled(self, *roles: str) -> Requester:
        """Hire somebody who has set up password and app."""
        made = self.person(*roles)
        at = to_micros(self.f.clock.now())
        with self.f.database.begin() as tx:
            store.set_credentials(tx, made.staff_id, "no hash", at)
        return made

    def at_browser(self, staff_id: str, role: str, browser: str) -> Requester:
        """Sign somebody in with a browser; gives what their pages would say of them."""
        with self.f.database.begin() as tx:
            session_store.know_device(tx, staff_id, browser, to_micros(self.f.clock.now()))
        actor = Actor("staff", staff_id, role)
        session = f"session-{next(_numbers)}"
        return Requester(staff_id, actor, Origin("192.0.2.7", "test"), session, browser)

    def ask(self, who: Requester, to: str = "on", reason: str = "needed") -> tuple[str, str]:
        """Ask; gives the id of the request, and the hash that a decision is bound to."""
        waits = self.approvals.submit(self.switch, {"to": to}, who, reason)
        approval = getattr(waits, "approval")  # noqa: B009 - a `Performed` has none
        return approval, self.approvals.find(approval).digest

    def events(self, name: EventName) -> int:
        """Count the events of a name."""
        with self.f.database.read() as tx:
            found = tx.text(f"SELECT count(*) FROM audit_event WHERE name = '{name.value}'")
            return int(found.fetchone()[0])


def open_office(f: Foundation, switch: Switch | None = None) -> Office:
    """Build one."""
    act = switch or Switch(f.journal)
    return Office(f, build_staff(f), act, build_approvals(f, (act,)))


REFUSES = StaffRefused("the act does not go")
