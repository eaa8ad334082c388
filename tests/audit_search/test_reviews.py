"""Saved reviews and sign-offs on both engines: provable, once each, in one's own name, sealed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.__main__ import main as verifier
from audit.canonical import canonical
from audit.checkpoint import encode_key, parse
from audit.event import Actor
from audit.names import EventName
from idp.assembly.audit_room import build_abandoned, build_exports, build_reviews, build_sign_offs
from idp.assembly.foundation import Foundation, build_foundation
from idp.assembly.sealing import audit_key, build_sealer
from idp.assembly.staff import build_staff
from idp.audit_room import review_store
from idp.audit_room.guard import Cut, Guard
from idp.audit_room.review_model import (
    BadReview,
    NotYours,
    Rhythm,
    UnknownReview,
    Verdict,
    period_at,
)
from idp.audit_room.review_results import digest_of
from idp.audit_room.reviews import Reviewer
from idp.audit_room.signing import Signing
from idp.audit_search.model import Criteria
from idp.audit_search.places import parse_place
from idp.bootstrap import prepare
from idp.clock import TOKYO, Clock
from idp.invariants.signed import reviews_differ
from idp.journal.export import Exporter
from idp.journal.model import NOWHERE, Origin
from tests.stores.conftest import ENGINES, settings_for
from tests.stores.together import together

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 10, 3, 0, tzinfo=UTC)
ACTOR = Actor("operator", "cli:test")
ADDRESS = "203.0.113.77"


def at(f: Foundation, now: datetime) -> Foundation:
    """Give the deployment with its clock at a moment."""
    return replace(f, clock=Clock(lambda: now))


class RollBack(Exception):
    """Ends a transaction."""


@dataclass(frozen=True)
class Room:
    """A deployment with an auditor, and a log that is sealed."""

    f: Foundation
    who: Reviewer

    def record(self, name: EventName, when: datetime, **more: Any) -> str:
        with self.f.database.begin() as tx:
            return self.f.journal.record(tx, name, when, **more)

    def seal(self, when: datetime = NOW) -> None:
        replace(build_sealer(self.f), clock=Clock(lambda: when)).seal()

    def sign(self, review: str, key: str = "2026-10", **more: Any) -> Any:
        """Sign as the page does: on what is shown."""
        who = more.pop("who", self.who)
        *_, shown = build_reviews(self.f).result(review, key, Guard())
        given = {
            "verdict": Verdict.NOTHING,
            "remark": "",
            "size": shown.basis.size,
            "found": shown.count,
            "corrects": None,
        }
        return build_sign_offs(self.f).sign(who, review, key, Signing(**(given | more)))

    def events(self, name: EventName) -> list[dict[str, Any]]:
        with self.f.database.read() as tx:
            rows = tx.text(
                f"SELECT line FROM audit_event WHERE name = '{name.value}' ORDER BY position"
            ).fetchall()
        return [json.loads(row[0]) for row in rows]


def reviewer(f: Foundation, name: str) -> Reviewer:
    """Make an auditor."""
    made = build_staff(f).directory.add(
        f"{name}@mihon.example", "架空 例", ["auditor"], ACTOR, "joined"
    )
    staff_id = made.account.id
    actor = Actor("staff", staff_id, "auditor")
    return Reviewer(actor, staff_id, "0199-session", NOWHERE, lambda: True)


@pytest.fixture(scope="module", params=ENGINES)
def f(
    request: pytest.FixtureRequest,
    new_url: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Foundation]:
    made = prepare(settings_for(new_url(request.param), tmp_path_factory.mktemp("room")))
    yield at(made, NOW)
    made.database.dispose()


@pytest.fixture(scope="module")
def room(f: Foundation) -> Room:
    made = Room(f, reviewer(f, "kansa"))
    for day in range(3):
        made.record(EventName.STAFF_ROLE_GRANTED, OCTOBER + timedelta(days=day), subject=f"s{day}")
        made.record(EventName.SESSION_STARTED, OCTOBER, subject="m", origin=Origin(ADDRESS))
    made.record(EventName.STAFF_ROLE_GRANTED, NOW - timedelta(days=3), subject="later")
    made.seal()
    return made


def save(room: Room, title: str, rhythm: Rhythm = Rhythm.MONTHLY, **criteria: Any) -> str:
    criteria = {"name": EventName.STAFF_ROLE_GRANTED, "begin": OCTOBER} | criteria
    return build_reviews(room.f).save(room.who, title, rhythm, Criteria(**criteria))


def test_periods_are_calendar_months_and_quarters_of_japan() -> None:
    late = datetime(2026, 12, 31, 23, 59, tzinfo=TOKYO)
    assert period_at(Rhythm.MONTHLY, late).key == "2026-12"
    assert period_at(Rhythm.MONTHLY, late).end == datetime(2027, 1, 1, tzinfo=TOKYO)
    assert period_at(Rhythm.QUARTERLY, late).key == "2026-Q4"
    assert period_at(Rhythm.QUARTERLY, late).begin == datetime(2026, 10, 1, tzinfo=TOKYO)
    # 15:00 UTC is midnight in Japan: the next year has begun.
    assert period_at(Rhythm.QUARTERLY, datetime(2026, 12, 31, 15, tzinfo=UTC)).key == "2027-Q1"


def test_what_is_due_is_due_until_it_is_signed(room: Room) -> None:
    reviews = build_reviews(room.f)
    monthly, quarterly = save(room, "due monthly"), save(room, "due quarter", Rhythm.QUARTERLY)
    due = {(one.review.id, one.period.key) for one in reviews.due(room.who.staff_id)}
    assert (monthly, "2026-10") in due
    assert not any(review == quarterly for review, _ in due), "the quarter is not over"
    room.sign(monthly)
    due = {(one.review.id, one.period.key) for one in reviews.due(room.who.staff_id)}
    assert (monthly, "2026-10") not in due
    january = at(room.f, NOW + timedelta(days=60))
    due = {(one.review.id, one.period.key) for one in build_reviews(january).due(room.who.staff_id)}
    assert {(monthly, "2026-11"), (monthly, "2026-12"), (quarterly, "2026-Q4")} <= due
    with pytest.raises(UnknownReview):
        reviews.result(monthly, "2026-11", Guard())


def test_a_sign_off_is_proven_from_a_pack_alone(room: Room, tmp_path: Path) -> None:
    """With nothing but the pack and the key: criteria, size, root and count are what was signed."""
    review = save(room, "proof")
    signed = room.sign(review, verdict=Verdict.OBJECTION, remark="one role too many")
    room.seal()
    f, pack, key = room.f, tmp_path / "pack", tmp_path / "auditor.pub"
    Exporter(f.database, f.journal, build_sealer(f), audit_key(f), f.clock).export(pack, ACTOR)
    key.write_text(encode_key(f.policy.policy.audit.origin, audit_key(f).public_key()) + "\n")
    assert verifier(["verify", str(pack), "--key", str(key)]) == 0
    events = [
        json.loads(line)
        for file in sorted(pack.glob("**/*"))
        if file.is_file() and "event" in file.name
        for line in file.read_text().splitlines()
    ]
    data = next(one for one in events if one["id"] == signed.id)["data"]
    saved = next(one for one in events if one["id"] == review)["data"]
    digest = hashlib.sha256(canonical(saved["criteria"])).hexdigest()
    assert digest == saved["criteria_digest"] == data["criteria_digest"]
    assert saved["criteria"] == {"name": "staff.role_granted"}
    found = [
        one["id"]
        for seq, one in enumerate(events)
        if seq < data["size"]
        and one["name"] == saved["criteria"]["name"]
        and data["from"] <= one["occurred_at"] < data["to"]
    ]
    assert (len(found), digest_of(found)) == (data["found"], data["found_digest"])
    assert len(found) == 3
    assert (data["finding"], data["remark"]) == ("objection", "one role too many")
    with f.database.read() as tx:
        note = tx.text(f"SELECT note FROM audit_checkpoint WHERE size = {data['size']}").fetchone()
    assert note is not None
    assert parse(note[0]).root.hex() == data["root"]


def test_a_sign_off_rests_on_what_is_sealed(room: Room) -> None:
    review = save(room, "late")
    *_, shown = build_reviews(room.f).result(review, "2026-10", Guard())
    room.record(EventName.STAFF_ROLE_GRANTED, OCTOBER, subject="late")
    *_, unsealed = build_reviews(room.f).result(review, "2026-10", Guard())
    assert (unsealed.count, unsealed.late) == (shown.count, 1)
    with pytest.raises(BadReview, match="changed"):
        room.sign(review)
    room.seal()
    with pytest.raises(BadReview, match="changed"):
        room.sign(review, size=shown.basis.size, found=shown.count)
    with pytest.raises(BadReview, match="changed"):
        room.sign(review, found=shown.count)
    with pytest.raises(BadReview, match="basis"):
        room.sign(review, size=10**9)
    assert room.sign(review).found == shown.count + 1


def test_a_basis_from_before_the_end_of_the_period_proves_nothing(room: Room) -> None:
    review = save(room, "too early", Rhythm.QUARTERLY)
    early = Room(at(room.f, NOW + timedelta(days=90)), room.who)
    with pytest.raises(BadReview, match="basis"):
        early.sign(review, "2026-Q4")


def test_crowd_of_sign_offs_gives_one(room: Room) -> None:
    """CWE-362: a form that is sent by many at once, and again, signs once."""
    review = save(room, "crowd")
    *_, shown = build_reviews(room.f).result(review, "2026-10", Guard())
    settings, owner = room.f.settings, room.who.staff_id
    room.f.settings.data.mkdir(exist_ok=True)

    def sign(own: Foundation, number: int) -> str:
        who = Reviewer(Actor("staff", owner, "auditor"), owner, "s", NOWHERE, lambda: True)
        remark = "" if number % 2 else "another"
        what = Signing(Verdict.NOTHING, remark, shown.basis.size, shown.count, None)
        try:
            return build_sign_offs(at(own, NOW)).sign(who, review, "2026-10", what).id
        except BadReview as error:
            return error.why

    answers = together(lambda: build_foundation(settings), sign, processes=2, threads=3)
    (signed,) = build_reviews(room.f).sign_offs(review)
    assert set(answers) <= {signed.id, "signed"}
    ours = [one for one in room.events(EventName.REVIEW_SIGNED) if one["data"]["review"] == review]
    assert [one["id"] for one in ours] == [signed.id]


def test_a_correction_names_the_sign_off_it_corrects(room: Room) -> None:
    review = save(room, "correction")
    first = room.sign(review)
    with pytest.raises(BadReview, match="signed"):
        room.sign(review, verdict=Verdict.OBJECTION, remark="forgotten")
    second = room.sign(review, verdict=Verdict.OBJECTION, remark="wrong role", corrects=first.id)
    assert second.corrects == first.id
    with pytest.raises(BadReview, match="signed"):
        room.sign(review, remark="a fork", corrects=first.id)
    with pytest.raises(BadReview, match="signed"):
        room.sign(review, remark="of nothing", corrects="0" * 36)
    again = room.sign(review, verdict=Verdict.OBJECTION, remark="wrong role", corrects=first.id)
    assert again.id == second.id, "sent twice"
    assert [one.id for one in build_reviews(room.f).sign_offs(review)] == [first.id, second.id]


def test_nobody_signs_for_another(room: Room) -> None:
    """CWE-639: an auditor with the address of a colleague's review neither signs nor retires it."""
    review, other = save(room, "mine"), reviewer(room.f, "betsu")
    with pytest.raises(NotYours):
        room.sign(review, who=other)
    with pytest.raises(NotYours):
        build_reviews(room.f).retire(other, review)
    gone = replace(room.who, still=lambda: False)
    with pytest.raises(NotYours):
        room.sign(review, who=gone)
    assert build_reviews(room.f).sign_offs(review) == []


def test_the_same_search_saved_twice_is_one_and_retired_once(room: Room) -> None:
    reviews = build_reviews(room.f)
    one, same = save(room, "twice"), save(room, "twice")
    assert one == same
    assert save(room, "twice", Rhythm.QUARTERLY) != one
    reviews.retire(room.who, one)
    reviews.retire(room.who, one)
    ended = [x for x in room.events(EventName.REVIEW_RETIRED) if x["data"]["review"] == one]
    assert len(ended) == 1
    assert one not in {due.review.id for due in reviews.due(room.who.staff_id)}
    with pytest.raises(BadReview, match="retired"):
        room.sign(one)
    assert save(room, "twice") != one


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"title": "a\x1b[2J"}, "title"),
        ({"rhythm": Rhythm.ONCE}, "span"),
        ({"begin": NOW + timedelta(days=40)}, "begins"),
        ({"begin": NOW - timedelta(days=5000)}, "begins"),
    ],
)
def test_a_review_that_cannot_be_is_refused(room: Room, change: dict[str, Any], why: str) -> None:
    given: dict[str, Any] = {"title": "refused"} | change
    with pytest.raises(BadReview, match=why):
        save(room, given.pop("title"), **given)


def test_a_review_done_once_is_due_when_its_span_is_over(room: Room) -> None:
    end = OCTOBER + timedelta(days=2)
    review = save(room, "once", Rhythm.ONCE, end=end)
    assert room.sign(review, "once").found >= 2
    assert room.sign(review, "once").ends == end


def test_criteria_about_people_are_unreadable_without_their_key(room: Room) -> None:
    """CWE-359, CWE-916: no address or number stands in table or log, and no digest is guessed."""
    review = save(room, "address", name=EventName.SESSION_STARTED, address=parse_place(ADDRESS))
    assert room.sign(review).found == 3
    with room.f.database.read() as tx:
        rows = tx.text("SELECT criteria FROM audit_review").fetchall()
    assert ADDRESS not in "".join(row[0] for row in rows)
    saved = next(x for x in room.events(EventName.REVIEW_SAVED) if x["id"] == review)
    assert ADDRESS not in json.dumps(saved)
    plain = {"name": "session.started", "address": ADDRESS}
    guessed = hashlib.sha256(canonical(plain)).hexdigest()
    assert guessed != saved["data"]["criteria_digest"], "a salt is in it"
    about = save(room, "person", name=None, subject="m")
    with room.f.database.begin() as tx:
        room.f.persons.erase(tx, "m", NOW)
    assert build_reviews(room.f).find(about)[1] is None
    with pytest.raises(BadReview, match="gone"):
        build_reviews(room.f).result(about, "2026-10", Guard())


def test_more_than_the_limit_cannot_be_signed(room: Room) -> None:
    review = save(room, "large", name=None)
    *_, shown = build_reviews(room.f).result(review, "2026-10", Guard(0))
    assert shown.cut is Cut.LIMIT
    what = Signing(Verdict.NOTHING, "", shown.basis.size, shown.count, None)
    with pytest.raises(BadReview, match="large"):
        replace(build_sign_offs(room.f), most=lambda: 0).sign(room.who, review, "2026-10", what)


@pytest.mark.parametrize("table", ["audit_review", "audit_review_end", "audit_sign_off"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_sign_offs_are_never_changed(room: Room, table: str, statement: str) -> None:
    review = save(room, f"kept {table} {statement[:6]}")
    room.sign(review)
    build_reviews(room.f).retire(room.who, review)
    column = "review_id" if table != "audit_review" else "id"
    with pytest.raises(Exception, match="append-only"), room.f.database.begin() as tx:
        tx.text(statement.format(table, column, column))


def test_the_doctor_finds_what_no_event_made(room: Room) -> None:
    """Somebody adds a sign-off to the tables: the log does not know of it."""
    review = save(room, "doctor")
    signed = room.sign(review, remark="fine")
    build_reviews(room.f).retire(room.who, review)
    assert list(reviews_differ(room.f.database, 0.01)) == []
    with pytest.raises(RollBack), room.f.database.begin() as tx:
        forged = replace(signed, id="forged", corrects=signed.id, found=0)
        review_store.add_sign_off(tx, forged)
        (finding,) = reviews_differ(room.f.database, 0.0)
        assert (finding.fact, "no event made it" in finding.says) == ("sign-off forged", True)
        raise RollBack


def test_an_export_that_was_killed_is_told_as_cut(room: Room) -> None:
    exports = build_exports(at(room.f, NOW - timedelta(hours=7)))
    killed = exports.begin("csv", Criteria(), ACTOR).export
    ended = exports.begin("csv", Criteria(), ACTOR)
    exports.end(ended, "csv", Criteria(), ACTOR, 5)
    running = build_exports(room.f).begin("csv", Criteria(), ACTOR).export
    watch = build_abandoned(room.f)
    assert watch.look() == 1
    assert watch.look() == 0
    assert build_abandoned(room.f).look() == 0, "another leader reads that it was told"
    told = [x["data"] for x in room.events(EventName.AUDIT_EXPORTED)]
    cut = [x for x in told if x.get("state") == "cut"]
    assert [(x["export"], x["why"]) for x in cut] == [(killed, "abandoned")]
    assert running not in {x.get("export") for x in told}


def test_an_export_stops_at_its_limit_and_when_the_permission_ends(room: Room) -> None:
    """CWE-613, CWE-770: the last line says why, and the log that it was cut."""
    exports = build_exports(room.f)
    lines = list(exports.lines("csv", Criteria(), ACTOR, guard=Guard(3)))
    assert len(lines) == 6
    assert "NOT COMPLETE after 3 events" in lines[-1]
    guard = Guard(None, lambda: False)
    guard._asked -= 10
    taken = list(exports.lines("jsonl", Criteria(), ACTOR, guard=guard))
    assert json.loads(taken[-1])["cut"] == "permission"
    assert len(taken) == 2
    told = [x["data"] for x in room.events(EventName.AUDIT_EXPORTED)][-3:]
    assert [(x["state"], x.get("why"), x.get("count")) for x in told if "export" in x] == [
        ("cut", "limit", 3),
        ("cut", "permission", 0),
    ]
