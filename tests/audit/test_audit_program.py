"""The program itself: true runs, the single file, and what it may import."""

import subprocess
import sys
from pathlib import Path

import pytest
from audit_packs import KEY, ORIGIN, Log

import audit
from audit.__main__ import main
from audit.bundle import build_zipapp
from audit.checkpoint import encode_key

ROOT = Path(audit.__file__).parent.parent


def run(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    log = Log(201).grow(20)
    (tmp_path / "auditor.pub").write_text(encode_key(ORIGIN, KEY.public_key()) + "\n")
    (tmp_path / "kept.txt").write_text(log.checkpoints[0][1])
    return log.export(tmp_path / "pack")


def test_a_true_run_says_what_was_checked(pack: Path) -> None:
    key, kept = pack.parent / "auditor.pub", pack.parent / "kept.txt"
    done = run("-m", "audit", "verify", pack, "--key", key, "--checkpoint", kept)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"OK: 20 records of {ORIGIN}\n")
    assert "signer (yes), kept checkpoints (1)" in done.stdout
    bare = run("-m", "audit", "verify", pack)
    assert bare.returncode == 0
    assert bare.stdout.startswith("SIGNER NOT AUTHENTICATED, key SHA256:")
    assert "signer (NO: give --key), kept checkpoint (NO: give --checkpoint)" in bare.stdout


def test_a_true_run_on_an_altered_pack(pack: Path) -> None:
    events = pack / "events.jsonl"
    events.write_bytes(events.read_bytes().replace(b'"member"', b'"\x1b[2Jber"', 1))
    done = run("-m", "audit", "verify", pack)
    assert done.returncode == 1
    assert "FAILED: record 0" in done.stdout
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stdout


def test_the_single_file_runs_anywhere_and_is_reproducible(pack: Path, tmp_path: Path) -> None:
    one = build_zipapp(tmp_path / "audit.pyz")
    assert one.read_bytes() == build_zipapp(tmp_path / "again.pyz").read_bytes()
    key = pack.parent / "auditor.pub"
    assert run(one, "verify", pack, "--key", key, cwd=tmp_path).returncode == 0
    (pack / "leaves.txt").write_bytes((pack / "leaves.txt").read_bytes()[:-1])
    assert run(one, "verify", pack, "--key", key, cwd=tmp_path).returncode == 1
    assert run(one, "verify", cwd=tmp_path).returncode == 2


def test_it_imports_the_standard_library_and_cryptography_only() -> None:
    code = (
        "import sys, pkgutil, importlib, audit\n"
        "for found in pkgutil.iter_modules(audit.__path__):\n"
        "    found.name == '__main__' or importlib.import_module('audit.' + found.name)\n"
        "import audit.__main__\n"
        "names = {name.split('.')[0] for name in sys.modules}\n"
        "own = {'audit', 'cryptography', '__main__', '_cffi_backend', 'cython_runtime'}\n"
        "print(sorted(n for n in names - sys.stdlib_module_names - own if '__file__' in dir("
        "sys.modules.get(n))))\n"
    )
    done = run("-c", code)
    assert done.returncode == 0, done.stderr
    loaded = set(eval(done.stdout))
    assert not loaded & {"idp", "keys", "flask", "sqlalchemy", "msgspec", "joserfc", "authlib"}
    assert all("editable" in name or name.startswith(("_", "sitecustom")) for name in loaded)


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"\xff\xfe", b"a+b+c\n", b"\0" * 100, "鍵".encode()]
)
def test_broken_key_and_checkpoint_files_are_one_clear_line(
    content: bytes, pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = pack.parent / "broken"
    broken.write_bytes(content)
    for option in ("--key", "--checkpoint"):
        assert main(["verify", str(pack), option, str(broken)]) == 1
        assert capsys.readouterr().out.startswith("FAILED: ")
    assert main(["verify", str(pack), "--key", str(pack.parent / "absent")]) == 1
    assert main(["verify", str(pack), "--key", str(pack)]) == 1
    capsys.readouterr()


def test_a_mail_program_may_have_changed_line_ends(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("kept.txt", "auditor.pub"):
        path = pack.parent / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    key, kept = str(pack.parent / "auditor.pub"), str(pack.parent / "kept.txt")
    assert main(["verify", str(pack), "--key", key, "--checkpoint", kept]) == 0
    capsys.readouterr()


def test_show(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(pack), "--seq", "7"]) == 0
    assert '"occurred_at"' in capsys.readouterr().out
    for bad in ("20", "-1", "99999999999999999999"):
        assert main(["show", str(pack), "--seq", bad]) == 1
        assert capsys.readouterr().err.startswith("nothing to show: ")
    assert main(["show", str(pack.parent / "absent"), "--seq", "1"]) == 1
    capsys.readouterr()


def test_a_wrong_command_line_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["verify"], ["verify", "a\0b"], ["show", "x", "--seq", "9" * 5000]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err
