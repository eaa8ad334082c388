"""The demo's staff: one person per role. Nobody here exists; the names say example and made up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pyotp

from audit.event import Actor
from idp.assembly.foundation import Foundation
from idp.assembly.staff import Staff, build_staff
from idp.clock import to_seconds
from idp.journal.model import NOWHERE
from idp.staff import role_store, store
from idp.staff.model import StaffAccount, StaffFailed, StaffVisit
from idp.throttle.slots import HashSlots

DEMO: Final = Actor("operator", "demo")
REASON: Final = "the demo shows the console"
NOWHERE_ELSE: Final = StaffVisit(None, None, (), NOWHERE)


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """One fictional colleague."""

    email: str
    name: str
    roles: tuple[str, ...]


STAFF: Final = (
    DemoStaff("madoguchi@mihon.example", "見本 窓子", ("helpdesk",)),
    DemoStaff("meibo@mihon.example", "例示 簿子", ("clerk",)),
    DemoStaff("mamoru@mihon.example", "架空 守", ("security",)),
    DemoStaff("kansa@mihon.example", "試験 査", ("auditor",)),
    DemoStaff("kanri@mihon.example", "仮名 理", ("administrator",)),
)


@dataclass(frozen=True)
class StaffPopulation:
    """The demo's staff in a foundation, set up as they would do it themselves."""

    foundation: Foundation
    passwords: dict[str, str]

    def fill(self) -> None:
        """Make and set up whoever is missing; who is there, or was and has ended, stays so."""
        staff = build_staff(self.foundation)
        with self.foundation.database.read() as tx:
            ended = {one.address for one in store.list_all(tx) if one.ended_at is not None}
        for person in STAFF:
            account = self._find(person)
            if account is None and person.email in ended:
                continue
            if account is None:
                made = staff.directory.add(person.email, person.name, person.roles, DEMO, REASON)
                self._set_up(staff, person, made.link)
            elif account.enrolled_at is None:  # the demo was killed in between
                link = staff.directory.enrol_again(account.id, DEMO, REASON).link
                self._set_up(staff, person, link)

    def listed(self) -> list[dict[str, Any]]:
        """List the staff as the demo's JSON line does; who was ended meanwhile is left out."""
        staff, shown = build_staff(self.foundation), []
        for person in STAFF:
            account = self._find(person)
            with self.foundation.database.read() as tx:
                app = store.find_app(tx, account.id) if account else None
                held = role_store.roles_of(tx, account.id) if account else []
            if app is not None:
                roles = [one.role for one in held if one.ended_at is None]
                shown.append(
                    {
                        "email": person.email,
                        "password": self.passwords[person.email],
                        "totp_secret": staff.app.secret_of(app.id, app.secret),
                        "roles": roles,
                    }
                )
        return shown

    def _find(self, person: DemoStaff) -> StaffAccount | None:
        with self.foundation.database.read() as tx:
            return store.find_by_address(tx, person.email)

    def _set_up(self, staff: Staff, person: DemoStaff, link: str) -> None:
        password = self.passwords[person.email]
        found = staff.enrolments.set_password(link, password, NOWHERE_ELSE, HashSlots(1))
        assert not isinstance(found, StaffFailed)
        at = to_seconds(self.foundation.clock.now())
        # The step before the present one, so that the present code is still good.
        code = pyotp.TOTP(found.totp_secret).at(at - 30)
        confirmed = staff.enrolments.confirm(link, code, NOWHERE_ELSE)
        assert not isinstance(confirmed, StaffFailed)
