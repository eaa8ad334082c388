"""A rotation that is killed at its worst moments loses neither a key nor an event.

Row 74: the ring and the log agree whatever happens between their two stores.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from audit.event import Actor
from idp.assembly.foundation import Foundation, build_foundation
from idp.assembly.rotation import build_rotation
from idp.bootstrap import prepare
from idp.key_rotation.rotation import KeyRotation
from idp.settings import Settings
from idp.storage.key_vault import EmbeddedHome
from keys.errors import KeyTooYoung, RingChanged, UnknownKey, UnsupportedAlgorithm
from keys.folder import FolderHome
from keys.record import KeyState
from tests.stores.conftest import settings_for

ACTOR = Actor("operator", "test")


@pytest.fixture
def embedded(tmp_path: Path) -> Settings:
    settings = settings_for(f"sqlite:///{tmp_path / 'idp.db'}", tmp_path)
    prepare(settings).database.dispose()
    return settings


def events(f: Foundation, name: str) -> list[str]:
    """Give the key ids of the recorded events of a name, sealed or not, in order."""
    with f.database.read() as tx:
        rows = tx.text("SELECT line FROM audit_event ORDER BY occurred_at, id").fetchall()
    lines = [json.loads(row[0]) for row in rows]
    return [line["data"].get("kid", "") for line in lines if line["name"] == name]


def killed_while_compromising(settings: Settings, kid: str, method: str, *, after: bool) -> None:
    """Run an emergency rotation in a child that dies before or after one step."""
    child = os.fork()
    if child == 0:
        owner = FolderHome if method == "replace_all" else EmbeddedHome
        real = getattr(owner, method)

        def dying(*arguments: object) -> object:
            if after:
                real(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)
            return None

        f = build_foundation(settings)
        rotation = build_rotation(f)
        calls: list[int] = []

        def second(*arguments: object) -> object:
            # The first look settles what others left; the second is of this rotation.
            calls.append(1)
            return real(*arguments) if len(calls) == 1 else dying(*arguments)

        setattr(owner, method, dying if method == "replace_all" else second)
        rotation.rotate(ACTOR, [kid])
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the child was meant to be killed"


@pytest.mark.parametrize(
    ("method", "after"), [("settle", False), ("replace_all", False), ("replace_all", True)]
)
def test_a_rotation_killed_between_its_two_stores_is_carried_out_by_the_next_start(
    embedded: Settings, method: str, after: bool
) -> None:
    f = build_foundation(embedded)
    before = f.vault.refresh()
    bad = before.active("ES256").kid
    f.database.dispose()
    killed_while_compromising(embedded, bad, method, after=after)
    f = prepare(embedded)
    found = f.vault.refresh()
    lost = next(record for record in found.records if record.kid == bad)
    assert lost.state is KeyState.RETIRED
    assert lost.wrapped_private is None
    assert found.active("ES256").kid != bad
    assert bad.encode() not in found.jwks
    assert events(f, "key.compromised") == [bad]
    assert events(f, "key.activated").count(found.active("ES256").kid) == 1
    assert {r.kid for r in found.records if r.state is KeyState.ACTIVE} <= set(
        events(f, "key.activated")
    )
    with f.database.read() as tx:
        assert tx.text("SELECT count(*) FROM key_ring WHERE name = 'intended'").fetchone()[0] == 0
    f.database.dispose()


def test_a_rotation_killed_before_its_commit_never_was(embedded: Settings) -> None:
    f = build_foundation(embedded)
    kid = f.vault.refresh().active("ES256").kid
    f.database.dispose()
    child = os.fork()
    if child == 0:
        own = build_foundation(embedded)
        record = own.journal.record
        object.__setattr__(
            own.journal, "record", lambda *a, **k: (record(*a, **k), os.kill(os.getpid(), 9))
        )
        build_rotation(own).rotate(ACTOR, [kid])
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    f = prepare(embedded)
    assert f.vault.refresh().active("ES256").kid == kid
    assert events(f, "key.compromised") == []
    f.database.dispose()


def test_while_one_change_waits_no_other_is_taken(embedded: Settings) -> None:
    f = build_foundation(embedded)
    home = f.home
    assert isinstance(home, EmbeddedHome)
    stored = home.load()
    with f.database.begin() as tx:
        home.replace_all_in(tx, stored.version, stored.records)
    with pytest.raises(RingChanged), f.database.begin() as tx:
        home.replace_all_in(tx, stored.version, stored.records)
    home.settle()
    assert home.version() == stored.version + 1
    with pytest.raises(RingChanged), f.database.begin() as tx:
        home.replace_all_in(tx, stored.version, stored.records)
    f.database.dispose()


def test_an_intention_newer_than_a_restored_folder_is_carried_out(embedded: Settings) -> None:
    f = build_foundation(embedded)
    home = f.home
    assert isinstance(home, EmbeddedHome)
    stored = home.load()
    with f.database.begin() as tx:
        tx.text(
            "INSERT INTO key_ring (name, version, content) VALUES ('intended', 99, :content)",
            {"content": json.dumps([])},
        )
    home.settle()
    assert home.load().records == ()
    assert home.version() == stored.version + 1
    home.settle()
    f.database.dispose()


class TestCommands:
    """The manual steps on both homes: minimum dwell, unknown keys, algorithms not in force."""

    @pytest.fixture
    def rotation(self, foundation: Foundation) -> KeyRotation:
        return build_rotation(foundation)

    def test_an_announced_key_waits_for_its_dwell(self, rotation: KeyRotation) -> None:
        kid = rotation.announce("ES256", ACTOR)
        with pytest.raises(KeyTooYoung):
            rotation.activate(kid, ACTOR)
        assert kid.encode() in rotation.vault.refresh().jwks
        rotation.retire(kid, ACTOR)
        assert kid.encode() not in rotation.vault.refresh().jwks

    def test_what_cannot_be_is_refused(self, rotation: KeyRotation) -> None:
        with pytest.raises(UnsupportedAlgorithm, match="not in `algorithms`"):
            rotation.announce("ES512", ACTOR)
        for act in (rotation.activate, rotation.retire):
            with pytest.raises(UnknownKey):
                act("nobody", ACTOR)
        with pytest.raises(UnknownKey):
            rotation.rotate(ACTOR, ["nobody"])

    def test_a_compromised_key_is_gone_at_once_and_has_its_event(
        self, rotation: KeyRotation, foundation: Foundation
    ) -> None:
        """Row 74: emergency rotation."""
        for alg in ("ES256", "RS256"):
            bad = rotation.vault.refresh().active(alg).kid
            rotation.rotate(ACTOR, [bad])
            now = rotation.vault.refresh()
            assert now.active(alg).kid != bad
            assert bad.encode() not in now.jwks
            assert now.public.find(bad, alg) is None
            assert events(foundation, "key.compromised").count(bad) == 1
