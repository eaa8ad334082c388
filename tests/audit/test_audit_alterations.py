"""A thousand random alterations of an exported pack: every one found, exit 1, no traceback.

`ALTERATIONS=long` makes ten thousand, and 300 more that are given to the command itself.
"""

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from audit_packs import FOREIGN, KEY, ORIGIN, Log

from audit import manifest as manifests
from audit.__main__ import main
from audit.canonical import canonical
from audit.checkpoint import encode_key
from audit.note import sign_note
from audit.tree import Frontier, leaf_hash

Files = dict[str, bytes]
LONG = os.environ.get("ALTERATIONS") == "long"
ROUNDS, BY_COMMAND = (10_000, 300) if LONG else (1_000, 6)
NAMES = sorted(manifests.ALL_FILES)


def draw_file(source: random.Random, files: Files) -> str:
    return source.choice([name for name in NAMES if files.get(name)])


def flip(source: random.Random, files: Files) -> None:
    name = draw_file(source, files)
    at = source.randrange(len(files[name]))
    raw = bytearray(files[name])
    raw[at] ^= source.choice([1, 2, 4, 8, 16, 32, 64, 128, source.randrange(1, 256)])
    files[name] = bytes(raw)


def delete_bytes(source: random.Random, files: Files) -> None:
    name = draw_file(source, files)
    at = source.randrange(len(files[name]))
    files[name] = files[name][:at] + files[name][at + source.randrange(1, 40) :]


def insert_bytes(source: random.Random, files: Files) -> None:
    name = draw_file(source, files)
    at = source.randrange(len(files[name]) + 1)
    new = source.choice([b"\n", b" ", b"\r", b"\0", b"\xef\xbb\xbf", source.randbytes(9), b"0"])
    files[name] = files[name][:at] + new + files[name][at:]


def truncate(source: random.Random, files: Files) -> None:
    name = draw_file(source, files)
    files[name] = files[name][: source.randrange(len(files[name]))]


def with_lines(change: Callable[[random.Random, list[bytes]], None]) -> Callable[..., None]:
    def alter(source: random.Random, files: Files) -> None:
        name = source.choice([manifests.EVENTS, manifests.LEAVES, manifests.CHECKPOINTS])
        lines = files[name].splitlines(keepends=True)
        change(source, lines)
        files[name] = b"".join(lines)

    return alter


def swap_lines(source: random.Random, lines: list[bytes]) -> None:
    one, two = source.sample(range(len(lines)), 2)
    lines[one], lines[two] = lines[two], lines[one]


def double_line(source: random.Random, lines: list[bytes]) -> None:
    lines.insert(source.randrange(len(lines) + 1), source.choice(lines))


def drop_line(source: random.Random, lines: list[bytes]) -> None:
    del lines[source.randrange(len(lines))]


def move_line(source: random.Random, lines: list[bytes]) -> None:
    lines.insert(source.randrange(len(lines)), lines.pop(source.randrange(len(lines))))


def remove_file(source: random.Random, files: Files) -> None:
    del files[source.choice(NAMES)]


def add_file(source: random.Random, files: Files) -> None:
    files[source.choice(["more.txt", ".hidden", "events.jsonl~", "Leaves.txt"])] = b""


def line_ends(source: random.Random, files: Files) -> None:
    name = draw_file(source, files)
    files[name] = files[name].replace(b"\n", b"\r\n")


def upper_hex(source: random.Random, files: Files) -> None:
    name = source.choice([manifests.LEAVES, manifests.MANIFEST])
    files[name] = files[name].upper() if source.random() < 0.3 else _upper_one(source, files[name])


def _upper_one(source: random.Random, raw: bytes) -> bytes:
    at = source.choice([at for at, byte in enumerate(raw) if byte in b"abcdef"])
    return raw[:at] + raw[at : at + 1].upper() + raw[at + 1 :]


def loose_base64(source: random.Random, files: Files) -> None:
    name = source.choice([manifests.CHECKPOINTS, manifests.SIGNATURE])
    files[name] = files[name].replace(b"=\n", source.choice([b"\n", b"==\n", b"=\r\n"]))


def edit_and_recompute(source: random.Random, files: Files, resign: bool = False) -> None:
    """What an insider without the key can do: everything is recomputed but the signatures."""
    lines = files[manifests.EVENTS].splitlines()
    leaves = files[manifests.LEAVES].decode().splitlines()
    at = source.randrange(len(lines))
    record = json.loads(lines[at])
    old = leaf_hash(lines[at]).hex()
    member = source.choice(["outcome", "client", "session", "data"])
    record[member] = {"n": 1} if member == "data" else f"x{source.random()}"
    lines[at] = canonical(record)
    leaves = [row.replace(old, leaf_hash(lines[at]).hex()) for row in leaves]
    if source.random() < 0.3:  # or leave the last records out altogether
        leaves, lines = leaves[:-1], lines[:-1]
    files[manifests.EVENTS] = b"".join(line + b"\n" for line in lines)
    files[manifests.LEAVES] = "".join(f"{row}\n" for row in leaves).encode()
    recompute_manifest(files, [bytes.fromhex(row.split(" ")[2]) for row in leaves])
    if resign or source.random() < 0.5:
        sign_as_foreign(files)


def recompute_manifest(files: Files, leaves: list[bytes]) -> None:
    tree = Frontier()
    tree.extend(leaves)
    record = json.loads(files[manifests.MANIFEST])
    record["size"], record["root"] = tree.size, tree.root().hex()
    record["bodies"]["to_seq"] = min(record["bodies"]["to_seq"], tree.size)
    record["files"] = facts(files)
    files[manifests.MANIFEST] = manifests.encode(record)


def sign_as_foreign(files: Files) -> None:
    record = json.loads(files[manifests.MANIFEST])
    record["keys"] = [
        encode_key(ORIGIN, FOREIGN.public_key()),
        encode_key(ORIGIN, KEY.public_key()),
    ]
    files[manifests.MANIFEST] = manifests.encode(record)
    text = manifests.statement(ORIGIN, files[manifests.MANIFEST])
    files[manifests.SIGNATURE] = sign_note(text, ORIGIN, FOREIGN).encode()


def edit_manifest(source: random.Random, files: Files) -> None:
    record = json.loads(files[manifests.MANIFEST])
    member = source.choice(sorted(record))
    if source.random() < 0.5:
        record[member] = source.choice([None, 0, 5, "", [], {}, True, "x" * 64])
    elif source.random() < 0.5:
        del record[member]
    else:
        record["more"] = 1
    files[manifests.MANIFEST] = manifests.encode(record)


ALTERATIONS = [
    flip, flip, flip, delete_bytes, insert_bytes, truncate, remove_file, add_file, line_ends,
    upper_hex, loose_base64, edit_and_recompute, edit_and_recompute, edit_manifest,
    *(with_lines(change) for change in (swap_lines, double_line, drop_line, move_line)),
]  # fmt: skip


def load(folder: Path) -> Files:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def store(folder: Path, files: Files) -> None:
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, raw in files.items():
        (folder / name).write_bytes(raw)


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> list[Files]:
    home = tmp_path_factory.mktemp("genuine")
    whole = Log(101).grow(25)
    purged = Log(102).grow(25)
    purged.purge([1, 4, 9, 16])
    purged.grow(4)
    return [
        load(whole.export(home / "whole")),
        load(purged.export(home / "purged")),
        load(purged.export(home / "part", 3, 12)),
    ]


def altered(source: random.Random, genuine: list[Files]) -> tuple[str, Files]:
    """Alter one of the genuine packs; answers the name of the alteration too."""
    before = source.choice(genuine)
    files, alteration = dict(before), source.choice(ALTERATIONS)
    while files == before:
        alteration(source, files)
    return getattr(alteration, "__name__", "?"), files


@pytest.mark.parametrize("block", range(10))
def test_a_thousand_alterations_all_found(
    block: int, genuine: list[Files], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "auditor.pub"
    key.write_text(encode_key(ORIGIN, KEY.public_key()) + "\n")
    source = random.Random(block)
    missed = []
    for _ in range(ROUNDS // 10):
        alteration, files = altered(source, genuine)
        store(tmp_path / "pack", files)
        status = main(["verify", str(tmp_path / "pack"), "--key", str(key)])
        out = capsys.readouterr()
        if status != 1 or "FAILED: " not in out.out or "Traceback" in out.out + out.err:
            missed.append((alteration, status, out.out))
    assert missed == []


def test_the_command_finds_alterations_and_passes_what_is_genuine(
    genuine: list[Files], tmp_path: Path
) -> None:
    key, pack, source = tmp_path / "auditor.pub", tmp_path / "pack", random.Random(300)
    key.write_text(encode_key(ORIGIN, KEY.public_key()) + "\n")
    command = [sys.executable, "-m", "audit", "verify", str(pack), "--key", str(key)]
    for files in genuine:
        store(pack, files)
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    for _ in range(BY_COMMAND):
        alteration, files = altered(source, genuine)
        store(pack, files)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1, (alteration, done.stdout)
        assert "FAILED: " in done.stdout, (alteration, done.stdout)
        assert "Traceback" not in done.stdout + done.stderr, alteration


def test_without_a_key_raw_alterations_are_found_too(
    genuine: list[Files], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = random.Random(77)
    for _ in range(150):
        files, before = dict(genuine[1]), genuine[1]
        while files == before:
            source.choice([flip, delete_bytes, insert_bytes, truncate])(source, files)
        store(tmp_path / "pack", files)
        assert main(["verify", str(tmp_path / "pack")]) == 1
        assert capsys.readouterr().out.startswith("SIGNER NOT AUTHENTICATED, key ")


def test_the_records_alone_show_it_even_under_a_fresh_manifest(
    genuine: list[Files], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Someone who can have manifests signed, but cannot make old checkpoints fit, is found too."""
    source = random.Random(78)
    found = set()
    for number in range(300):
        files = {name: genuine[0][name] for name in manifests.DATA_FILES}
        if number < len(manifests.DATA_FILES):
            files[manifests.DATA_FILES[number]] += b"\n"
        while all(files[name] == genuine[0][name] for name in files):
            change = source.choice([flip, delete_bytes, insert_bytes, truncate, None])
            if change is not None:
                name = source.choice(manifests.DATA_FILES)
                one = {other: raw if other == name else b"" for other, raw in files.items()}
                _alter_one(change, source, one, name)
                files[name] = one[name]
            else:
                with_lines(source.choice([swap_lines, drop_line, double_line]))(source, files)
        sign_again(files, genuine[0][manifests.MANIFEST])
        store(tmp_path / "pack", files)
        assert main(["verify", str(tmp_path / "pack")]) == 1
        found.add(capsys.readouterr().out.splitlines()[1].split(" ")[1])
    assert found == {"record", "checkpoint", "leaves.txt:", "events.jsonl:"}


def sign_again(files: Files, manifest: bytes) -> None:
    record = json.loads(manifest)
    record["files"] = facts(files)
    files[manifests.MANIFEST] = manifests.encode(record)
    text = manifests.statement(ORIGIN, files[manifests.MANIFEST])
    files[manifests.SIGNATURE] = sign_note(text, ORIGIN, KEY).encode()


def _alter_one(change: Callable[..., None], source: random.Random, one: Files, name: str) -> None:
    padded = {other: one.get(other, b"") for other in NAMES}
    change(source, padded)
    one[name] = padded[name]


def facts(files: Files) -> dict[str, object]:
    return {
        name: {"length": len(files[name]), "sha256": hashlib.sha256(files[name]).hexdigest()}
        for name in manifests.DATA_FILES
    }


def test_every_single_byte_is_covered(
    genuine: list[Files], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every byte of the small files, a sample of the large one, is flipped once."""
    key = tmp_path / "auditor.pub"
    key.write_text(encode_key(ORIGIN, KEY.public_key()))
    store(tmp_path / "pack", genuine[2])
    for name in (manifests.SIGNATURE, manifests.MANIFEST, manifests.LEAVES):
        raw = genuine[2][name]
        step = 1 if name == manifests.SIGNATURE else 7
        for at in range(0, len(raw), step):
            changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
            (tmp_path / "pack" / name).write_bytes(changed)
            assert main(["verify", str(tmp_path / "pack"), "--key", str(key)]) == 1
        (tmp_path / "pack" / name).write_bytes(raw)
    assert main(["verify", str(tmp_path / "pack"), "--key", str(key)]) == 0
    capsys.readouterr()
