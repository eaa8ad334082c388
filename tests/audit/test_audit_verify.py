"""The verifier: clean packs pass, and each kind of attack is named."""

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from audit_packs import FOREIGN, KEY, ORIGIN, START, TRUSTED, Log, encrypt

from audit import checkpoint
from audit.canonical import canonical
from audit.event import new_id, to_record
from audit.pack import PackError, PackWriter
from audit.tree import leaf_hash
from audit.unique import OnceOnly
from audit.verify import Report, verify_pack


def check(folder: Path, kept: str | None = None) -> Report:
    return verify_pack(folder, keys=[TRUSTED], kept=[kept] if kept else [])


@pytest.mark.parametrize("block", range(10))
def test_a_hundred_clean_packs_none_accused(block: int, tmp_path: Path) -> None:
    for number in range(10):
        seed = block * 10 + number
        log = Log(seed).grow(seed)
        size = len(log.entries)
        if size > 20:
            log.purge(sorted(log.random.sample(range(5, size), 6)))
            log.grow(5)
        low = log.random.randrange(len(log.entries) + 1)
        high = log.random.randrange(low, len(log.entries) + 1)
        for name, bounds in (("whole", (0, None)), ("part", (low, high))):
            report = check(log.export(tmp_path / f"{seed}-{name}", *bounds))
            assert report.problem is None
            assert report.authenticated
            assert report.warnings == ()
            assert report.size == len(log.entries)
        assert verify_pack(tmp_path / f"{seed}-whole").ok


def test_the_three_things_checked_are_told_apart(tmp_path: Path) -> None:
    """Without a key only consistency; a foreign signer only with a key; a rewrite only with both.

    The last line of each is the honest limit that the threat model states.
    """
    foreign = Log(1, key=FOREIGN).grow(30).export(tmp_path / "foreign")
    report = verify_pack(foreign)
    assert report.ok
    assert not report.authenticated
    assert report.fingerprint == checkpoint.fingerprint(FOREIGN.public_key())
    assert "not the auditor's" in str(check(foreign).problem)


def test_an_older_genuine_pack_needs_a_kept_checkpoint(tmp_path: Path) -> None:
    log = Log(2).grow(30)
    older = log.export(tmp_path / "older")
    kept_old = log.checkpoints[-1][1]
    log.grow(10)
    kept = log.checkpoints[-1][1]
    assert check(older).ok
    assert "older than the kept checkpoint" in str(check(older, kept).problem)
    assert check(log.export(tmp_path / "newer"), kept_old).ok
    assert check(tmp_path / "newer", kept).kept_checked == 1


def test_history_rewritten_with_the_real_key_needs_a_kept_checkpoint(tmp_path: Path) -> None:
    kept = Log(3).grow(30).checkpoints[-1][1]
    for place in (0, 15, 29):
        log = Log(3)
        for number in range(40):
            event = log.draw()
            changed = replace(event, outcome="failed") if number == place else event
            log.add(changed)
            log.seal()
        folder = log.export(tmp_path / str(place))
        assert check(folder).ok
        assert "kept checkpoint" in str(check(folder, kept).problem)


def test_kept_checkpoints_of_others_are_refused(tmp_path: Path) -> None:
    log = Log(4).grow(9)
    folder = log.export(tmp_path / "pack")
    root = log.tree.root()
    for text in (
        checkpoint.sign(ORIGIN, 9, root, START, FOREIGN),
        checkpoint.sign("other.example/audit", 9, root, START, KEY),
        "nonsense",
    ):
        assert "kept checkpoint" in str(check(folder, text).problem)
    late = checkpoint.sign(ORIGIN, 3, b"x" * 32, log.now, KEY)
    assert not check(folder, late).ok


def test_checkpoint_times_never_go_back(tmp_path: Path) -> None:
    log = Log(5).grow(5)
    log.grow(5)
    log.seal(START - timedelta(days=1))
    with pytest.raises(PackError):
        log.export(tmp_path / "pack")
    # Past the writer, as a holder of the key could do it: swap in a manifest that fits.
    log.checkpoints.pop()
    log.export(tmp_path / "forged")
    size, root = log.tree.size, log.tree.root()
    early = checkpoint.sign(ORIGIN, size, root, START - timedelta(days=1), KEY)
    path = tmp_path / "forged" / "checkpoints.txt"
    path.write_text(path.read_text() + early)
    assert "time is before" in str(check(tmp_path / "forged").problem)


def test_an_event_far_from_its_checkpoint_is_a_warning(tmp_path: Path) -> None:
    log = Log(6).grow(5)
    log.add(replace(log.draw(), occurred_at=START - timedelta(days=400)))
    log.seal()
    report = check(log.export(tmp_path / "pack"))
    assert report.ok
    assert "dated far" in report.warnings[0]


def test_a_range_narrower_than_its_period_is_a_warning(tmp_path: Path) -> None:
    log = Log(7).grow(10)
    with PackWriter(tmp_path / "pack", ORIGIN, 3, 6) as pack:
        for seq, entry in enumerate(log.entries):
            line = entry.line if 3 <= seq < 6 else None
            pack.leaf(seq, entry.event.id, entry.leaf, line)
        pack.checkpoint(log.checkpoints[-1][1])
        pack.finish(period_from=START, period_to=None, made_at=log.now, private_key=KEY)
    assert "outside of the exported range" in check(tmp_path / "pack").warnings[0]


def test_the_same_id_twice_is_found(tmp_path: Path) -> None:
    log = Log(8).grow(4)
    log.add(replace(log.draw(), id=log.entries[0].event.id))
    log.seal()
    assert "occurs twice" in str(check(log.export(tmp_path / "pack")).problem)


def test_uniqueness_in_flat_memory_is_exact() -> None:
    source = random.Random(9)
    for _ in range(300):
        ids = [new_id(START + timedelta(seconds=source.randrange(200))) for _ in range(120)]
        if source.random() < 0.5:
            ids.sort()
        twice = source.random() < 0.5
        if twice:
            ids.insert(source.randrange(120), source.choice(ids))
        once = OnceOnly(run=20, keep=5, in_memory=16)
        for at in range(0, len(ids), 7):
            once.extend(ids[at : at + 7])
        found = once.duplicate(lambda ids=ids: iter(ids))  # type: ignore[misc]
        assert (found is not None) == twice
        assert found is None or ids.count(found) == 2


def test_a_missing_body_without_purge_is_an_alteration(tmp_path: Path) -> None:
    log = Log(10).grow(20)
    by = log.purge([2, 5, 7])
    log.export(tmp_path / "good")
    assert check(tmp_path / "good").purged == 3
    line, log.entries[6].line, log.entries[6].purged_by = log.entries[6].line, None, by
    folder = log.export(tmp_path / "more")
    assert "other events are missing" in str(check(folder).problem)
    log.entries[6].line, log.entries[6].purged_by = line, None
    log.entries[9].line, log.entries[9].purged_by = None, by
    assert "no purge covers it" in str(check(log.export(tmp_path / "beyond")).problem)
    log.entries[9].purged_by = len(log.entries) - 2
    with pytest.raises(PackError):
        log.export(tmp_path / "wrong")


def test_the_event_of_a_purge_comes_along_and_may_not_be_purged(tmp_path: Path) -> None:
    log = Log(11).grow(20)
    log.purge([2, 5, 7])
    report = check(log.export(tmp_path / "part", 0, 10))
    assert (report.ok, report.bodies, report.purged) == (True, 8, 3)
    log.purge([len(log.entries) - 1])
    with pytest.raises(PackError):
        log.export(tmp_path / "purged purge")


LINES: list[Callable[[dict[str, object]], bytes]] = [
    lambda record: json.dumps(record, sort_keys=True).encode(),
    lambda record: canonical(record)[:-1] + b',"z":1.5}',
    lambda record: canonical(record).replace(b'"outcome"', b'"name":"x.y","outcome"'),
    lambda record: canonical(record).replace(b'"kind"', b'"k\\u0069nd"'),
    lambda record: canonical(record) + b"\r",
    lambda record: canonical({**record, "id": "x"}),
    lambda record: canonical({**record, "id": 5}),
    lambda record: canonical({**record, "occurred_at": "yesterday"}),
    lambda record: canonical({**record, "name": None}),
    lambda record: b"\xff" + canonical(record),
    lambda _: b"",
    lambda _: b"[]",
]


@pytest.mark.parametrize("spoil", LINES)
def test_a_line_in_another_form_is_found_even_when_signed(
    spoil: Callable[[dict[str, object]], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A careless or hostile writer with the real key: the verifier does not rely on the writer."""
    log = Log(13).grow(6)
    entry = log.entries[3]
    record = to_record(entry.event, encrypt)
    entry.line = spoil(record)
    entry.leaf = leaf_hash(entry.line)
    log.tree = type(log.tree)()
    log.tree.extend(entry.leaf for entry in log.entries)
    log.checkpoints = []
    log.seal()
    monkeypatch.setattr("audit.pack.parse", lambda _: {"id": entry.event.id})
    for other in log.entries:
        if other is not entry:
            assert other.line is not None
    with PackWriter(tmp_path / "pack", ORIGIN, 0, 6) as pack:
        for seq, one in enumerate(log.entries):
            monkeypatch.setattr("audit.pack.parse", lambda _, one=one: {"id": one.event.id})
            pack.leaf(seq, one.event.id, one.leaf, one.line)
        pack.checkpoint(log.checkpoints[0][1])
        pack.finish(period_from=None, period_to=None, made_at=log.now, private_key=KEY)
    assert "record 3" in str(check(tmp_path / "pack").problem)


def test_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    folder = Log(14).grow(3).export(tmp_path / "pack")
    assert "cannot read" in str(check(tmp_path / "absent").problem)
    assert "cannot read" in str(check(folder / "leaves.txt").problem)
    (folder / "note.txt").write_text("hello")
    assert "does not belong" in str(check(folder).problem)
    (folder / "note.txt").rename(folder / os.fsdecode(b"\xff\n"))
    assert "does not belong" in str(check(folder).problem)
    (folder / os.fsdecode(b"\xff\n")).unlink()
    assert check(folder).ok
    (folder / "leaves.txt").rename(tmp_path / "leaves.txt")
    assert "missing" in str(check(folder).problem)
    (folder / "leaves.txt").symlink_to(tmp_path / "leaves.txt")
    assert "not a regular file" in str(check(folder).problem)
    (folder / "leaves.txt").unlink()
    os.mkfifo(folder / "leaves.txt")
    assert "not a regular file" in str(check(folder).problem)


def test_the_writer_refuses_what_does_not_agree(tmp_path: Path) -> None:
    log = Log(15).grow(3)
    one, two = log.entries[0], log.entries[1]
    with PackWriter(tmp_path / "pack", ORIGIN, 0, 2) as pack:
        for arguments in (
            (1, one.event.id, one.leaf, one.line),
            (0, two.event.id, one.leaf, one.line),
            (0, one.event.id, two.leaf, one.line),
            (0, one.event.id, one.leaf, None),
            (0, "no id", one.leaf, one.line),
            (0, one.event.id, one.leaf, one.line, 2),
            (0, one.event.id, one.leaf, None, 0),
        ):
            with pytest.raises(PackError):
                pack.leaf(*arguments)
        pack.leaf(0, one.event.id, one.leaf, one.line)
        with pytest.raises(PackError):
            pack.finish(period_from=None, period_to=None, made_at=START, private_key=KEY)
    assert "missing" in str(check(tmp_path / "pack").problem)
    with pytest.raises(PackError):
        PackWriter(tmp_path / "pack", ORIGIN, 0, 2)
