"""Fills the demo: imports the fictional register, makes accounts, stops one of them.

Uses the same services as the commands; everything stands in the audit log. Done again, it changes
nothing that is there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from audit.event import Actor
from demo.people import MEMBERS, DemoMember
from demo.register import register_csv
from idp.accounts import store as accounts
from idp.accounts.service import Accounts
from idp.assembly.foundation import Foundation
from idp.assembly.registration import build_invitations
from idp.inforce.service import activate
from idp.invitations.service import CannotInvite
from idp.lifecycle.standing import AccountStanding
from idp.members import store as members
from idp.members.service import Register
from idp.policy.folder import read_folder

DEMO = Actor("operator", "demo")


@dataclass(frozen=True)
class Population:
    """The demo's members in a foundation."""

    foundation: Foundation
    passwords: dict[str, str]

    def fill(self, policies: Path) -> None:
        """Put the demo's policy in force and everybody in the register."""
        f = self.foundation
        with f.database.begin() as tx:
            activate(tx, f.journal, f.clock, read_folder(policies), DEMO, "demo")
            known = members.count(tx) > 0
        if not known:
            register = Register(f.database, f.clock, f.journal)
            report = register.import_file(register_csv(f.clock.today()), DEMO, apply=True)
            assert report.applied, report.bad
        for person in MEMBERS:
            self._account(person)
        if not known:
            self._invite_the_others()

    def _account(self, person: DemoMember) -> None:
        password = self.passwords.get(person.number)
        if password is None or person.email is None:
            return
        f = self.foundation
        with f.database.read() as tx:
            account = accounts.find_by_number(tx, person.number)
        if account is None:
            service = Accounts(f.database, f.clock, f.policy, f.journal)
            account = service.add(person.number, person.email, password, DEMO)
        if person.standing == "stopped" and account.stopped_at is None:
            standing = AccountStanding(f.database, f.clock, f.journal, f.endings)
            standing.stop(account.subject, DEMO, "the demo shows a stopped account")

    def _invite_the_others(self) -> None:
        """Invite members without an account, as a register that has just been taken over would."""
        f = self.foundation
        invitations = build_invitations(f)
        for person in MEMBERS:
            if person.number in self.passwords or person.standing not in ("member", "leaving"):
                continue
            # Where the demo's clock is set back, some of them have not paid in yet.
            with suppress(CannotInvite):
                invitations.invite(person.number, DEMO)

    def listed(self) -> list[dict[str, str | None]]:
        """List the members as the demo's JSON line does."""
        return [
            {
                "email": person.email if person.number in self.passwords else None,
                "password": self.passwords.get(person.number),
                "number": person.number,
                "standing": person.standing,
                "employment": person.employment,
            }
            for person in MEMBERS
            if person.number in self.passwords or person.standing == "applicant"
        ]
