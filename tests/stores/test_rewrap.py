"""A renewed master key: everything is wrapped again, whatever kills it, on both engines."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.event import Actor
from idp.assembly.foundation import Foundation, build_foundation
from idp.assembly.rotation import build_rotation
from idp.assembly.sealing import audit_key
from idp.bootstrap import prepare
from idp.clock import to_micros
from idp.key_rotation.kinds import PERSON_KEYS
from idp.key_rotation.renewal import Renewal
from idp.key_rotation.rows import RowRewrap
from idp.mails.model import Mail, MailKind
from idp.mails.promise import KIND
from idp.outbox import store as outbox
from idp.settings import Settings
from keys.errors import WrongMasterKey
from keys.master import MasterKeys
from tests.stores.conftest import settings_for

ACTOR = Actor("operator", "test")
NOW = datetime(2026, 4, 1, tzinfo=UTC)
PERSONS = 1_203
MAIL = Mail(MailKind.RESET_IMPOSSIBLE, None, "ja", {"name": "見本", "why": "stopped"})


@pytest.fixture(scope="module")
def settings(empty_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A deployment with persons, whose master key has just been renewed."""
    made = settings_for(empty_url, tmp_path_factory.mktemp("renewed"))
    f = prepare(made)
    with f.database.begin() as tx:
        for number in range(PERSONS):
            f.persons.key_of(tx, f"person-{number}", NOW)
        f.persons.destroy(tx, "person-7", NOW)
        f.mails.promise(tx, MAIL, NOW)
    f.database.dispose()
    MasterKeys.renew(made.master_key_file)
    return made


@pytest.fixture
def renewed(settings: Settings) -> Iterator[Foundation]:
    f = build_foundation(settings)
    yield f
    f.database.dispose()


def renewal(f: Foundation) -> Renewal:
    return Renewal(build_rotation(f), f.master)


def waiting(f: Foundation) -> int:
    """Count the keys of persons that lie under an older master key."""
    return sum(used.person_keys for used in renewal(f).usage()[1:])


def rewrapped(f: Foundation) -> dict[str, int]:
    """Sum what the events say was wrapped again, by kind."""
    with f.database.read() as tx:
        rows = tx.text(
            "SELECT line FROM audit_event WHERE name = 'master_key.rewrapped'"
        ).fetchall()
    counts: dict[str, int] = {}
    for (line,) in rows:
        data = json.loads(line)["data"]
        counts[data["what"]] = counts.get(data["what"], 0) + data["count"]
    return counts


def test_before_anything_is_done_everything_opens_and_is_counted(renewed: Foundation) -> None:
    new, old = renewal(renewed).usage()
    assert (new.master_id, old.master_id) == renewed.master.ids
    assert not new.is_needed
    assert (old.signing_keys, old.audit_key) == (4, 1)
    assert old.person_keys >= PERSONS - 1
    assert audit_key(renewed)
    assert renewed.vault.refresh().algs


def test_killed_in_the_middle_it_is_started_again_and_ends(
    settings: Settings, renewed: Foundation
) -> None:
    before = waiting(renewed)
    renewed.database.dispose()
    child = os.fork()
    if child == 0:
        own = build_foundation(settings)
        batches: list[int] = []

        def second(_: int) -> None:
            batches.append(1)
            if len(batches) == 3:
                os.kill(os.getpid(), signal.SIGKILL)

        rows = RowRewrap(own.database, own.clock, own.journal, own.master, PERSON_KEYS)
        rows.run(ACTOR, second, 100)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert waiting(renewed) == before - 300
    assert rewrapped(renewed) == {"person keys": 300}

    told: list[int] = []
    done = renewal(renewed).run(ACTOR, told.append)
    assert done == sum(told) == before - 300 + 6
    ring = {"signing keys": 4, "audit key": 1}
    assert rewrapped(renewed) == ring | {"person keys": before, "mails": 1}


def test_done_twice_nothing_changes(renewed: Foundation) -> None:
    events = rewrapped(renewed)
    assert renewal(renewed).run(ACTOR, lambda _: None) == 0
    assert rewrapped(renewed) == events


def test_without_the_old_line_everything_still_opens(settings: Settings, tmp_path: Path) -> None:
    lines = settings.master_key_file.read_text().splitlines()
    keys = [line for line in lines if line and not line.startswith("#")]
    assert len(keys) == 2
    settings.master_key_file.write_text(keys[0] + "\n")
    try:
        f = prepare(settings)
        (only,) = renewal(f).usage()
        assert only.person_keys >= PERSONS - 1
        with f.database.begin() as tx:
            for number in range(0, PERSONS, 50):
                assert len(f.persons.key_of(tx, f"person-{number}", NOW).key) == 32
            with pytest.raises(LookupError):
                f.persons.key_of(tx, "person-7", NOW)
            ((_, payload, *_),) = outbox.due(tx, KIND, to_micros(f.clock.now()), 10)
        assert f.mails.open_payload(payload) == MAIL
        assert audit_key(f)
        assert f.vault.refresh().algs == ("ES256", "Ed25519", "PS256", "RS256")
        f.database.dispose()
    finally:
        settings.master_key_file.write_text("\n".join(lines) + "\n")


def test_a_secret_under_a_foreign_key_is_named_and_nothing_is_lost(
    settings: Settings, renewed: Foundation
) -> None:
    stranger = MasterKeys.parse(MasterKeys.generate_text().encode())
    with renewed.database.begin() as tx:
        wrapped = stranger.wrap(b"x" * 32, "person-key:foreign")
        tx.text(
            "INSERT INTO person_key (person, key_id, wrapped, created_at)"
            f" VALUES ('foreign', 'foreign', '{wrapped}', 0)"
        )
    try:
        assert renewal(renewed).usage()[-1].master_id is None
        with pytest.raises(WrongMasterKey, match="not in the file"):
            renewal(renewed).run(ACTOR, lambda _: None)
    finally:
        with renewed.database.begin() as tx:
            tx.text("DELETE FROM person_key WHERE person = 'foreign'")
