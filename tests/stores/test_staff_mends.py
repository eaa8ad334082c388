"""Staff accounts: clocks that step back, links that end meanwhile, colleagues who have left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pyotp
import pytest

from audit.event import Actor
from demo.staff import STAFF, StaffPopulation
from idp.assembly.foundation import Foundation
from idp.assembly.staff import Staff, build_staff
from idp.bootstrap import prepare
from idp.clock import Clock, to_seconds
from idp.journal.model import NOWHERE
from idp.policy.staff import Permission
from idp.staff import enrolment
from idp.staff.enrolment import Enrolling
from idp.staff.model import Acting, StaffFailed, StaffVisit
from idp.throttle.slots import HashSlots
from tests.stores.conftest import settings_for

ACTOR = Actor("operator", "cli:test")
VISIT = StaffVisit(None, None, (), NOWHERE)
PASSWORD = "mado kara mieru yama 5"


@pytest.fixture(scope="module")
def f(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foundation]:
    folder = Path(tmp_path_factory.mktemp("staff"))
    made = prepare(settings_for(f"sqlite:///{folder / 'idp.db'}", folder / "data"))
    yield made
    made.database.dispose()


def signed_in(f: Foundation, name: str, role: str) -> tuple[Staff, Acting, datetime]:
    """Give somebody who has just shown password and code."""
    staff = build_staff(f)
    made = staff.directory.add(f"{name}@mihon.example", "架空 例", [role], ACTOR, "joined")
    found = staff.enrolments.set_password(made.link, PASSWORD, VISIT, HashSlots(1))
    assert isinstance(found, Enrolling)
    code = pyotp.TOTP(found.totp_secret).at(to_seconds(f.clock.now()))
    assert isinstance(staff.enrolments.confirm(made.link, code, VISIT), Enrolling)
    now = f.clock.now()
    with f.database.begin() as tx:
        answer = staff.sessions.start(tx, found.account, VISIT, "/staff", {}, now)
    acting = staff.sessions.current(answer.session_cookie)
    assert acting is not None
    return staff, acting, now


def test_a_clock_that_was_set_back_does_not_prolong_a_code(f: Foundation) -> None:
    """CWE-613: an authentication that lies in the future is no recent one."""
    staff, acting, now = signed_in(f, "tokei", "auditor")

    def is_recent(moved: timedelta) -> bool:
        return replace(staff.sessions, clock=Clock(lambda: now + moved)).is_recent(acting)

    assert is_recent(timedelta(minutes=4))
    assert not is_recent(timedelta(minutes=6))
    assert is_recent(timedelta(seconds=-3)), "the clocks of two nodes"
    assert not is_recent(timedelta(minutes=-1))
    assert not is_recent(timedelta(hours=-9))


def test_a_permission_that_is_taken_away_holds_no_longer(f: Foundation) -> None:
    staff, acting, _ = signed_in(f, "kengen", "auditor")
    holds = staff.sessions.holds
    assert holds(acting, Permission.AUDIT_EXPORT)
    assert not holds(acting, Permission.STAFF_CHANGE)
    staff.directory.change_roles(acting.staff_id, ["clerk"], ["auditor"], ACTOR, "moved")
    assert not holds(acting, Permission.AUDIT_EXPORT)
    staff, acting, _ = signed_in(f, "deta", "auditor")
    staff.sessions.sign_out(acting, NOWHERE)
    assert not holds(acting, Permission.AUDIT_EXPORT)


def test_a_password_for_a_link_that_ended_meanwhile_is_refused(
    f: Foundation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CWE-362: a newer link ends this one while its password is being hashed."""
    staff = build_staff(f)
    made = staff.directory.add("owari@mihon.example", "架空 例", ["clerk"], ACTOR, "joined")
    hashed = enrolment.passwords.hash_password

    def meanwhile(*given: object) -> str:
        staff.directory.enrol_again(made.account.id, ACTOR, "lost")
        return hashed(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(enrolment.passwords, "hash_password", meanwhile)
    answer = staff.enrolments.set_password(made.link, PASSWORD, VISIT, HashSlots(1))
    assert isinstance(answer, StaffFailed)
    assert answer.reference


def test_a_demo_colleague_who_has_left_stays_away(f: Foundation) -> None:
    population = StaffPopulation(f, {one.email: PASSWORD for one in STAFF})
    population.fill()
    left = STAFF[3]
    build_staff(f).directory.end(left.email, ACTOR, "left")
    population.fill()
    listed = {one["email"] for one in population.listed()}
    assert listed == {one.email for one in STAFF} - {left.email}
