"""Staff accounts on both engines: roles with beginning and end, addresses, apps, re-wrapping."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyotp
import pytest

from audit.event import Actor
from idp.assembly.foundation import Foundation, build_foundation
from idp.assembly.rotation import build_rotation
from idp.assembly.staff import Staff, build_staff
from idp.bootstrap import prepare
from idp.clock import to_seconds
from idp.journal.model import NOWHERE
from idp.key_rotation.renewal import Renewal
from idp.staff import session_store, store
from idp.staff.enrolment import Enrolling
from idp.staff.model import StaffRefused, StaffVisit, UnknownStaff
from idp.throttle.slots import HashSlots
from keys.master import MasterKeys
from tests.stores.conftest import ENGINES, settings_for
from tests.stores.together import together

ACTOR = Actor("operator", "cli:test")
VISIT = StaffVisit(None, None, (), NOWHERE)
PASSWORD = "mado kara mieru yama 5"


@pytest.fixture(params=ENGINES)
def foundation(
    request: pytest.FixtureRequest, new_url: Callable[[str], str], tmp_path: Path
) -> Iterator[Foundation]:
    f = prepare(settings_for(new_url(request.param), tmp_path))
    yield f
    f.database.dispose()


def set_up(f: Foundation, staff: Staff, link: str) -> Enrolling:
    found = staff.enrolments.set_password(link, PASSWORD, VISIT, HashSlots(1))
    assert isinstance(found, Enrolling)
    code = pyotp.TOTP(found.totp_secret).at(to_seconds(f.clock.now()))
    confirmed = staff.enrolments.confirm(link, code, VISIT)
    assert isinstance(confirmed, Enrolling)
    return found


def test_a_role_is_a_fact_with_a_beginning_and_an_end(foundation: Foundation) -> None:
    staff = build_staff(foundation)
    made = staff.directory.add("a@mihon.example", "架空 例", ["clerk"], ACTOR, "joined").account
    with pytest.raises(StaffRefused, match="held already"):
        staff.directory.change_roles(made.id, ["clerk"], [], ACTOR, "twice")
    staff.directory.change_roles(made.id, ["helpdesk"], ["clerk"], ACTOR, "moved")
    changed = staff.directory.change_roles(made.id, ["clerk"], [], ACTOR, "back")
    assert changed.held == ("helpdesk", "clerk")
    assert [one.reason for one in changed.roles] == ["joined", "moved", "back"]
    assert [one.end_reason for one in changed.roles] == ["moved", None, None]
    with foundation.database.read() as tx:
        assert set(session_store.held_roles(tx, made.id, foundation.clock.now())) == {
            "clerk",
            "helpdesk",
        }


def test_what_is_refused_changes_nothing(foundation: Foundation) -> None:
    directory = build_staff(foundation).directory
    made = directory.add("a@mihon.example", "架空 例", ["security"], ACTOR, "joined").account
    with pytest.raises(StaffRefused, match="nobody holds security and auditor together"):
        directory.change_roles(made.id, ["clerk", "auditor"], [], ACTOR, "both")
    (listed,) = directory.list_all()
    assert listed.held == ("security",)
    with pytest.raises(StaffRefused, match="another staff account"):
        directory.add("A@MIHON.example", "架空 例", ["clerk"], ACTOR, "twice")
    with pytest.raises(UnknownStaff):
        directory.end("nobody@mihon.example", ACTOR, "nobody")


def test_an_ended_address_comes_back_as_another_person(foundation: Foundation) -> None:
    staff = build_staff(foundation)
    first = staff.directory.add("a@mihon.example", "架空 例", ["clerk"], ACTOR, "joined")
    set_up(foundation, staff, first.link)
    staff.directory.end("a@mihon.example", ACTOR, "left")
    second = staff.directory.add("a@mihon.example", "仮名 例", ["auditor"], ACTOR, "joined")
    assert second.account.id != first.account.id
    with foundation.database.read() as tx:
        ended = store.find(tx, first.account.id)
        assert ended is not None
        assert (ended.password_hash, store.find_app(tx, first.account.id)) == (None, None)


def test_a_role_given_by_many_at_once_is_given_once(foundation: Foundation) -> None:
    directory = build_staff(foundation).directory
    made = directory.add("a@mihon.example", "架空 例", ["clerk"], ACTOR, "joined").account

    def give(own: Staff, _: int) -> bool:
        try:
            own.directory.change_roles(made.id, ["helpdesk"], [], ACTOR, "at once")
        except StaffRefused:
            return False
        return True

    settings = foundation.settings
    given = together(lambda: build_staff(build_foundation(settings)), give, processes=2, threads=4)
    assert sum(given) == 1
    (listed,) = directory.list_all()
    assert listed.held == ("clerk", "helpdesk")


def test_secrets_of_apps_and_links_follow_a_renewed_master_key(foundation: Foundation) -> None:
    staff = build_staff(foundation)
    made = staff.directory.add("a@mihon.example", "架空 例", ["clerk"], ACTOR, "joined")
    secret = set_up(foundation, staff, made.link).totp_secret
    open_link = staff.directory.enrol_again(made.account.id, ACTOR, "new phone").link
    file = foundation.settings.master_key_file
    MasterKeys.renew(file)
    renewed = build_foundation(foundation.settings)
    Renewal(build_rotation(renewed), renewed.master).run(ACTOR, lambda _: None)
    renewed.database.dispose()
    newest = next(line for line in file.read_text().splitlines() if line and line[0] != "#")
    file.write_text(newest + "\n")
    alone = build_foundation(foundation.settings)
    staff = build_staff(alone)
    with alone.database.read() as tx:
        app = store.find_app(tx, made.account.id)
    assert app is not None
    assert staff.app.secret_of(app.id, app.secret) == secret
    assert isinstance(staff.enrolments.open(open_link, VISIT), Enrolling)
    alone.database.dispose()
