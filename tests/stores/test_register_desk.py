"""The clerks' desk on both engines: its lists, what is taken once, what two do at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa

from audit.event import Actor, new_id
from idp.approvals.model import Author
from idp.assembly.foundation import Foundation
from idp.assembly.register import build_register
from idp.assembly.register_desk import (
    build_import_job,
    build_imports,
    build_letters,
    build_withdrawals,
)
from idp.assembly.registration import build_issuing
from idp.assembly.staff import build_staff
from idp.bootstrap import prepare
from idp.changes import store as changes
from idp.changes.model import ChangeRequest, Kind, State
from idp.clock import to_micros
from idp.invitations.model import SentBy
from idp.journal.model import NOWHERE, Behind
from idp.members import store as members
from idp.register_desk import file_store, store
from idp.register_desk.change_queue import ChangeQueue
from idp.register_desk.dues import Dues
from idp.register_desk.export_model import CannotTake, ListName, UnknownExport
from idp.register_desk.exports import ExportAct, RegisterExports
from idp.register_desk.file_model import FileState
from idp.register_desk.finding import Finding
from idp.register_desk.import_act import ImportAct
from idp.register_desk.looks import Look, Looks, TooManyLooks
from idp.register_desk.member_file import MemberFiles
from idp.register_desk.tables import register_file
from idp.register_desk.withdrawal_act import WithdrawalAct
from idp.register_desk.withdrawal_model import CannotUndo
from idp.storage.statement import Statement
from tests.stores.conftest import ENGINES, settings_for
from tests.support.desk import rows

OPERATOR = Actor("operator", "cli:test")
BEHIND = Behind(NOWHERE, None, {})
FIRST = 1_000


@dataclass(frozen=True)
class Room:
    f: Foundation
    clerk: str

    @property
    def author(self) -> Author:
        return Author(Actor("staff", self.clerk, "clerk"), "a test", NOWHERE)


@pytest.fixture(scope="module", params=ENGINES)
def room(
    request: pytest.FixtureRequest,
    new_url: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "clock").write_text("0")
    f = prepare(settings_for(new_url(request.param), folder))
    report = build_register(f).import_file(rows(FIRST, 40).encode(), OPERATOR, apply=True)
    assert report.created == 40
    made = build_staff(f).directory.add("a@mihon.example", "架空 例", ["clerk"], OPERATOR, "test")
    yield Room(f, made.account.id)
    f.database.dispose()


def test_members_are_found_and_opened(room: Room) -> None:
    f = room.f
    looks = Looks(f.database, f.clock, f.policy, f.journal)
    finding = Finding(f.database, f.clock, f.journal, looks)
    for typed in ("見本", "みほんれい", "00001007"):
        page = finding.search(typed, 1, room.clerk, OPERATOR, BEHIND, full=True)
        assert page.count >= 1, typed
        assert page.rows[0].name.startswith("見本")
    files = MemberFiles(f.database, f.clock, f.journal, looks)
    opened = files.open("00001007", room.clerk, OPERATOR, BEHIND)
    assert opened.member.member_number == "00001007"


def test_looks_at_once_stop_at_the_limit(room: Room) -> None:
    f = room.f
    looks = Looks(f.database, f.clock, f.policy, f.journal)
    who, most = "somebody", f.policy.policy.register.looks_per_day
    with f.database.begin() as tx:
        for _ in range(most - 3):
            now = f.clock.now()
            store.add_look(tx, new_id(now), who, Look.MEMBER.value, to_micros(now))

    def look(_: int) -> bool:
        try:
            looks.spend(Look.MEMBER, who, OPERATOR, BEHIND)
        except TooManyLooks:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(look, range(12))) == 3


def test_the_queue_and_the_calendar_list_what_is_due(room: Room) -> None:
    f = room.f
    now, today = f.clock.now(), f.clock.today()
    with f.database.begin() as tx:
        for n, days in enumerate((-1, 0, 3)):
            one = ChangeRequest(
                *(new_id(now), f"{FIRST + n:08}", f"s{n}", Kind.PHONE, {"phone_number": "x"}),
                *("kumiai-id", now, today + timedelta(days=days), State.OPEN),
            )
            changes.add(tx, one, None)
    queue = ChangeQueue(f.database, f.clock, f.journal).page(1, OPERATOR, BEHIND)
    assert [row.due.value for row in queue.rows] == ["late", "today", "later"]
    assert (queue.open, queue.late, queue.today) == (3, 1, 1)
    assert (
        not ChangeQueue(f.database, f.clock, f.journal).page(1, OPERATOR, BEHIND, decided=True).rows
    )
    dues = Dues(f.database, f.clock, f.policy, f.journal)
    calendar = dues.between(today, today + timedelta(days=30))
    assert [(d.on, d.changes_due) for d in calendar.days if d.changes_due] == [
        (today, 1),
        (today + timedelta(days=3), 1),
    ]
    assert calendar.changes_late == 1
    assert len(dues.on(today, 1, OPERATOR, BEHIND).changes) == 1
    assert dues.late_refunds(1, OPERATOR, BEHIND) == []


def test_every_list_counts_what_it_gives(room: Room) -> None:
    f = room.f
    today = f.clock.today()
    with f.database.read() as tx:
        for name in ListName:
            first, last = today.replace(year=2000), today
            count = store.count_list(tx, name, first, last)
            found = store.page_of_list(tx, name, first, last, "", 1_000)
            assert len(found) == count, name
        assert store.count_list(tx, ListName.MEMBERS, today, today) == 40


def test_an_export_is_taken_once_by_whoever_was_allowed(room: Room) -> None:
    f = room.f
    act = ExportAct(f.clock, f.policy, f.journal)
    exports = RegisterExports(f.database, f.clock, f.journal)
    with f.database.together() as tx:
        assert act.difference(tx, {"list": "members"}).count == 40
        act.perform(tx, {"list": "members"}, room.author, f.clock.now())
    (allowed,) = exports.allowed_to(room.clerk)
    with pytest.raises(UnknownExport):
        exports.take(allowed.id, "another", OPERATOR, BEHIND)

    def take(_: int) -> int:
        try:
            return len(exports.take(allowed.id, room.clerk, OPERATOR, BEHIND))
        except CannotTake:
            return 0

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(take, range(5))) == [0, 0, 0, 0, 43]


def test_a_file_goes_its_way(room: Room) -> None:
    f = room.f
    imports, act, job = build_imports(f), ImportAct(f.journal), build_import_job(f)
    file = imports.upload(rows(FIRST, 45).encode("cp932"), room.clerk, OPERATOR)
    assert (file.state, file.created, file.unchanged) == (FileState.READY, 5, 40)
    parameters = {"file": file.id, "sha256": file.sha256}
    with f.database.together() as tx:
        assert act.difference(tx, parameters).count == 5
        act.perform(tx, parameters, room.author, f.clock.now())
    job.run()
    assert imports.find(file.id).state is FileState.DONE
    with f.database.read() as tx:
        assert members.count(tx) == 45
        assert file_store.content_of(tx, file.id) is None


def test_bytes_that_were_exchanged_in_the_store_are_not_applied(room: Room) -> None:
    """CWE-345: what lies under a file's key is bound to the file."""
    f = room.f
    imports, act, job = build_imports(f), ImportAct(f.journal), build_import_job(f)
    file = imports.upload(rows(FIRST + 900, 1).encode(), room.clerk, OPERATOR)
    other = imports.upload(rows(FIRST + 901, 1).encode(), room.clerk, OPERATOR)
    with f.database.together() as tx:
        parameters = {"file": file.id, "sha256": file.sha256}
        act.perform(tx, parameters, room.author, f.clock.now())
    with f.database.begin() as tx:
        put = sa.update(register_file).where(register_file.c.id == sa.bindparam("own"))
        sealed = file_store.content_of(tx, other.id)
        tx.run(Statement(put.values(content=sa.bindparam("sealed"))), own=file.id, sealed=sealed)
    job.run()
    assert imports.find(file.id).state is FileState.STOPPED
    with f.database.read() as tx:
        assert members.find(tx, f"{FIRST + 900:08}") is None
        assert members.find(tx, f"{FIRST + 901:08}") is None


def test_withdrawals_are_recorded_and_undone_once(room: Room) -> None:
    f = room.f
    withdrawals = build_withdrawals(f)
    act, today = WithdrawalAct(withdrawals), f.clock.today()
    parameters = {
        "numbers": [f"{n:08}" for n in range(FIRST + 10, FIRST + 35)],
        "accepted_on": today.isoformat(),
        "refund_on": (today + timedelta(days=90)).isoformat(),
    }
    with f.database.together() as tx:
        difference = act.difference(tx, parameters)
        assert difference.count == 25
        act.perform(tx, parameters, room.author, f.clock.now())
    (made,) = withdrawals.latest()
    assert made.members == 25

    def undo(_: int) -> bool:
        try:
            with f.database.together() as tx:
                act.perform(tx, {"undo": made.id}, room.author, f.clock.now())
        except CannotUndo:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(undo, range(4))) == 1
    with f.database.read() as tx:
        assert members.get(tx, f"{FIRST + 10:08}").withdrawal_accepted_on is None


def test_letters_are_listed_and_noted_once(room: Room) -> None:
    f = room.f
    letters, now = build_letters(f), f.clock.now()
    with f.database.begin() as tx:
        asked = [members.get(tx, f"{n:08}") for n in range(FIRST, FIRST + 4)]
        build_issuing(f).issue(tx, asked, now, OPERATOR, sent_by=SentBy.LETTER)
    listed, lacking, count = letters.waiting(OPERATOR, BEHIND)
    assert (len(listed), len(lacking), count) == (4, 0, 4)
    selectors = [one.invitation.selector for one in listed]
    assert letters.printed(selectors[:3], OPERATOR, BEHIND).letters == 3
    assert letters.pending("", OPERATOR, BEHIND).letters == 1
