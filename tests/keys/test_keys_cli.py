"""`python -m keys`: list and init, through a real process (keys.__main__)."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from keys.__main__ import main
from keys.errors import KeysError, KeyTooYoung
from keys.folder import FolderHome

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def master_file(tmp_path: Path) -> Path:
    return tmp_path / "secret" / "master"


def test_init_makes_master_key_and_ring_and_list_needs_no_master(
    folder: Path, master_file: Path
) -> None:
    made = run("init", "--home", str(folder), "--master", str(master_file), "--alg", "ES256")
    assert made.exit_code == 0, made.output
    assert "new master key" in made.stderr
    assert stat.S_IMODE(master_file.stat().st_mode) == 0o600
    secret = master_file.read_text().split()[-1]
    master_file.unlink()
    table = run("list", "--home", str(folder))
    listed = run("list", "--home", str(folder), "--format", "json")
    assert (table.exit_code, listed.exit_code) == (0, 0)
    (row,) = json.loads(listed.stdout)
    assert (row["alg"], row["state"], row["has_private"]) == ("ES256", "active", True)
    assert row["kid"] in table.stdout
    wrapped = FolderHome(folder).load().records[0].wrapped_private
    assert wrapped
    for output in (made.output, table.output, listed.output):
        assert secret not in output
        assert wrapped not in output


def test_init_changes_nothing_that_is_there(folder: Path, master_file: Path) -> None:
    arguments = ("init", "--home", str(folder), "--master", str(master_file), "--alg", "Ed25519")
    assert run(*arguments).exit_code == 0
    before = (folder / "ring.json").read_bytes(), master_file.read_bytes()
    again = run(*arguments)
    assert again.exit_code == 1
    assert "already" in again.stderr
    assert ((folder / "ring.json").read_bytes(), master_file.read_bytes()) == before


def test_init_uses_a_master_key_that_is_there_and_refuses_an_open_one(
    folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "master"
    path.write_text("short")
    path.chmod(0o644)
    refused = run("init", "--home", str(folder), "--master", str(path))
    assert refused.exit_code == 1
    assert "chmod 600" in refused.stderr
    assert not folder.exists()


@pytest.mark.parametrize(
    ("content", "code"), [(None, 1), (b"{", 3), (b'{"format":1,"version":1,"keys":[]}', 1)]
)
def test_list_says_what_is_wrong(folder: Path, content: bytes | None, code: int) -> None:
    if content is not None:
        folder.mkdir()
        (folder / "ring.json").write_bytes(content)
    result = run("list", "--home", str(folder))
    assert result.exit_code == code
    assert result.stderr.startswith("keys: ")
    assert result.stderr.count("\n") == 1


def test_usage_errors_are_2() -> None:
    assert run("list").exit_code == 2
    assert run("init", "--home", "x", "--master", "y", "--alg", "HS256").exit_code == 2


def test_control_characters_of_a_tampered_file_do_not_reach_the_terminal(
    folder: Path, master_file: Path
) -> None:
    run("init", "--home", str(folder), "--master", str(master_file), "--alg", "ES256")
    file = folder / "ring.json"
    content = json.loads(file.read_text())
    content["keys"][0]["kid"] = "\x1b[2Jkid\x9b" + "k" * 5000
    file.write_text(json.dumps(content))
    result = run("list", "--home", str(folder))
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert len(result.stdout) < 2000


def test_as_a_real_process_that_imports_nothing_of_the_provider(folder: Path) -> None:
    code = (
        "import sys, runpy; sys.argv = ['keys', 'list', '--home', sys.argv[1]]\n"
        "try: runpy.run_module('keys', run_name='__main__')\n"
        "except SystemExit as e: code = e.code\n"
        "foreign = {'idp', 'audit', 'flask', 'sqlalchemy', 'authlib'} & set(sys.modules)\n"
        "sys.exit(99 if foreign else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert b"there are no keys" in done.stderr


def test_errors_share_one_root() -> None:
    assert issubclass(KeyTooYoung, KeysError)
