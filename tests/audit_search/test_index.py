"""The index loses and doubles nothing, whoever is killed; the erased leave it; late commits too."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import pytest

from audit.event import Actor, Personal
from idp.assembly.foundation import Foundation
from idp.audit_search import index as index_module
from idp.audit_search import store
from idp.audit_search.model import Criteria
from idp.audit_search.places import parse_place
from idp.audit_search.terms import Kind
from idp.journal.model import Origin
from idp.subjects.service import stranger
from tests.audit_search.oracle import Log

SELF = "203.0.113.77"


def terms(log: Log) -> list[tuple[int, int]]:
    """List the whole index."""
    with log.foundation.database.read() as tx:
        rows = tx.text("SELECT term, position FROM audit_term ORDER BY 1, 2").fetchall()
    return [(row[0], row[1]) for row in rows]


def wanted(log: Log) -> list[tuple[int, int]]:
    """Make the whole index anew, event by event."""
    with log.foundation.database.read() as tx:
        maker, _ = log.index.state(tx)
        rows = tx.text("SELECT position, line FROM audit_event").fetchall()
        from idp.journal.reading import EventReader

        reader = EventReader(log.foundation.persons)
        made = [(t, at) for at, line in rows for t in maker.of_event(reader.open(tx, line))]
    return sorted(set(made))


def test_no_address_stands_in_the_index_and_none_can_be_tried_without_the_key(log: Log) -> None:
    log.add(origin=Origin(SELF))
    log.seal()
    log.index.run()
    with log.foundation.database.read() as tx:
        maker, _ = log.index.state(tx)
        key = tx.text("SELECT key FROM audit_index").fetchone()[0]
    assert maker.of(Kind.ADDRESS, SELF) in {term for term, _ in terms(log)}
    assert key.startswith("v1."), "wrapped by the master key"
    assert maker.key.hex() not in key


def test_indexing_again_changes_nothing_and_starting_anew_gives_the_same(log: Log) -> None:
    log.fill(1_500)
    log.seal()
    assert log.index.run() > 0
    before = terms(log)
    assert before == wanted(log)
    assert log.index.run() == 0
    assert terms(log) == before
    told: list[tuple[int, int]] = []
    log.index.again(lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1]
    again = terms(log)
    assert again == wanted(log)
    assert len(again) == len(before)
    assert not {term for term, _ in again} & {term for term, _ in before}, "a key of its own"


def test_an_indexer_that_is_killed_in_the_middle_loses_and_doubles_nothing(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kill -9 at many moments; the next one goes on where the last commit was."""
    log.fill(1_000)
    log.seal()
    program = (
        "import sys; from idp.audit_search import index; index.BATCH = 20\n"
        "from pathlib import Path\n"
        "from idp.assembly.foundation import build_foundation\n"
        "from idp.assembly.audit_search import build_index\n"
        "from tests.stores.conftest import settings_for\n"
        "f = build_foundation(settings_for(sys.argv[1], Path(sys.argv[2])))\n"
        "print('ready', flush=True)\n"
        "build_index(f).run(lambda *_: print('.', flush=True))\n"
    )
    settings, draw, killed = log.foundation.settings, random.Random(9), 0
    for _ in range(3):
        arguments = [settings.database_url, str(settings.data)]
        with subprocess.Popen(
            [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            for _ in range(draw.randrange(1, 6)):
                child.stdout.readline()
            time.sleep(draw.random() / 200)
            child.send_signal(signal.SIGKILL)
            killed += child.wait() == -signal.SIGKILL
    assert killed, "none was killed before it was done"
    with log.foundation.database.read() as tx:
        assert log.index.state(tx)[1] < store.size(tx), "there is something left to do"
    log.index.run()
    assert terms(log) == wanted(log)


def test_two_indexers_at_once_index_each_event_once(log: Log) -> None:
    from tests.stores.together import together

    log.fill(1_000)
    log.seal()
    settings = log.foundation.settings

    def work(own: Foundation, _: int) -> int:
        index_module.BATCH = 50
        return Log(own).index.run()

    from idp.assembly.foundation import build_foundation

    together(lambda: build_foundation(settings), work, processes=2, threads=2)
    log.index.run()
    assert terms(log) == wanted(log)


def test_an_old_open_transaction_is_not_skipped(log: Log) -> None:
    """PostgreSQL: what was written first and committed last lies behind what is indexed."""
    if log.foundation.database.is_sqlite:
        # There is one writer: the open transaction of this test would keep everybody else out.
        pytest.skip("one writer: nothing can be committed beside an open act")
    criteria = Criteria(address=parse_place("192.0.2.44"))
    origin = Origin("192.0.2.44")
    with log.foundation.database.begin() as slow:
        first = log.record(slow, origin=origin)
        slow.text("SELECT 1").fetchone()
        quick = [log.add(origin=origin) for _ in range(3)]
        log.seal()
        log.index.run()
        assert log.pages(criteria, 2) == quick[::-1], "not indexed yet, and found all the same"
    assert log.pages(criteria, 2) == [*quick[::-1], first]
    log.seal()
    log.index.run()
    assert log.pages(criteria, 2) == [*quick[::-1], first]
    assert terms(log) == wanted(log)


def test_the_address_terms_of_an_erased_person_are_gone_and_only_theirs(log: Log) -> None:
    f, origin = log.foundation, Origin("192.0.2.99")
    own = {"subject": "leaving", "origin": origin, "actor": Actor("member", "leaving")}
    log.add(session="own", **own)
    other = log.add(subject="staying", origin=origin, actor=Actor("member", "staying"))
    log.seal()
    log.index.run()
    late = log.add(**own)  # not indexed when the person is forgotten
    asked = Criteria(address=parse_place("192.0.2.99"))
    assert len(log.pages(asked, 10)) == 3
    before = terms(log)
    with f.database.begin() as tx:
        assert log.index.forget(tx, "leaving") == 2
        f.persons.destroy(tx, "leaving", log.now)
    log.seal()
    log.index.run()
    left = {one.event["id"]: one.event for one in log.search.page(asked, 10).found}
    assert list(left) == [other], left
    with f.database.read() as tx:
        maker, _ = log.index.state(tx)
        of_address = store.of_term(tx, maker.of_place(asked.address), 2**62, 10)  # type: ignore[arg-type]
        assert len(of_address) == 1, "the index itself holds nothing of them any more"
    gone = set(before) - set(terms(log))
    assert {term & 7 for term, _ in gone} == {Kind.ADDRESS, Kind.NETWORK}
    assert late in log.pages(Criteria(subject="leaving"), 10), "the acts stay"
    assert len(log.pages(Criteria(session="own"), 10)) == 1


def test_where_somebody_of_the_staff_sat_goes_with_them_and_not_with_the_member(log: Log) -> None:
    """Addresses of the staff lie under their own keys, whoever they looked at."""
    f, address = log.foundation, "192.0.2.94"
    staff = Actor("staff", "staff-leaving", "clerk")
    log.add(subject="looked-at", origin=Origin(address), actor=staff)
    log.seal()
    log.index.run()
    with f.database.begin() as tx:
        maker, _ = log.index.state(tx)
        term = maker.of(Kind.ADDRESS, address)
        log.index.forget(tx, "looked-at")
        assert len(store.of_term(tx, term, 2**62, 10)) == 1
        assert log.index.forget(tx, "staff-leaving") == 1
        assert store.of_term(tx, term, 2**62, 10) == []


def test_the_number_of_an_erased_member_is_gone_from_events_of_the_register_too(log: Log) -> None:
    f, number = log.foundation, "87654321"
    log.add(subject=None, data={"member": Personal(number, stranger(log.now))})
    log.add(subject="numbered", data={"member": Personal(number, "numbered")})
    log.seal()
    log.index.run()
    assert len(log.pages(Criteria(member=number), 10)) == 2
    assert len(log.pages(Criteria(member=number, subject="numbered"), 10)) == 2
    with f.database.begin() as tx:
        log.index.forget(tx, "numbered", number)
        maker, _ = log.index.state(tx)
        assert store.of_term(tx, maker.of(Kind.MEMBER, number), 2**62, 10) == []


def test_forgetting_works_when_the_key_is_destroyed_already(log: Log) -> None:
    f = log.foundation
    log.add(subject="late", origin=Origin("192.0.2.98"), actor=Actor("member", "late"))
    log.seal()
    log.index.run()
    with f.database.begin() as tx:
        f.persons.destroy(tx, "late", log.now)
        log.index.forget(tx, "late")
        maker, _ = log.index.state(tx)
        term = maker.of(Kind.ADDRESS, "192.0.2.98")
        assert store.of_term(tx, term, 2**62, 10) == []


def test_strangers_of_a_month_are_forgotten_with_its_key(log: Log) -> None:
    f = log.foundation
    log.add(subject=None, origin=Origin("192.0.2.97"), actor=Actor("member"))
    month, known = stranger(log.now), Actor("member", "known")
    kept = log.add(subject="known", origin=Origin("192.0.2.97"), actor=known)
    log.seal()
    log.index.run()
    with f.database.begin() as tx:
        assert log.index.forget(tx, month) > 0
        f.persons.destroy(tx, month, log.now)
        maker, _ = log.index.state(tx)
        term = maker.of(Kind.ADDRESS, "192.0.2.97")
        assert len(store.of_term(tx, term, 2**62, 10)) == 1
    assert log.pages(Criteria(address=parse_place("192.0.2.97")), 5) == [kept]


def test_whoever_is_forgotten_while_being_indexed_does_not_come_back(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The indexer has read the key, the erasure commits, the indexer writes: a race."""
    f, address = log.foundation, "192.0.2.96"
    log.add(subject="racing", origin=Origin(address), actor=Actor("member", "racing"))
    log.seal()
    made, fired = index_module.TermIndex._made, []

    def erase_meanwhile(self, tx, maker, leaves):  # type: ignore[no-untyped-def]
        found = made(self, tx, maker, leaves)
        if not fired:
            fired.append(True)
            with f.database.begin() as own:
                self.forget(own, "racing")
                f.persons.destroy(own, "racing", log.now)
        return found

    monkeypatch.setattr(index_module.TermIndex, "_made", erase_meanwhile)
    log.index.run()
    with f.database.read() as tx:
        maker, _ = log.index.state(tx)
        assert store.of_term(tx, maker.of(Kind.ADDRESS, address), 2**62, 10) == []


def test_a_purged_event_is_passed_over(log: Log) -> None:
    """Its leaf stays; the index goes on behind it."""
    f = log.foundation
    event = log.add(origin=Origin("192.0.2.95"))
    log.seal()
    with f.database.begin() as tx:
        if f.database.is_sqlite:
            tx.text("DROP TRIGGER audit_event_no_delete")
        else:
            tx.text("ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only")
        tx.text(f"DELETE FROM audit_event WHERE id = '{event}'")
    log.index.run()
    with f.database.read() as tx:
        assert log.index.state(tx)[1] == store.size(tx)
    assert log.pages(Criteria(address=parse_place("192.0.2.95")), 5) == []
