"""The import contracts of pyproject.toml hold, and are able to fail."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture.tree import PACKAGES, ROOT, imported, sources

MISCHIEF = {
    "idp/grants/model.py": "import idp.lifecycle.endings",
    "idp/grants/families.py": "import flask",
    "idp/authn/service.py": "import sqlalchemy",
    "idp/sessions/model.py": "import idp.sessions.store",
    "idp/throttle/gate.py": "import authlib",
    "relying_parties/portal/app.py": "import idp.errors",
    "audit/tree.py": "import keys.encoding",
    "idp/clock.py": "import idp.settings",
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of the packages in a folder."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(program), "--no-cache", "--no-logo", "--config", str(ROOT / "pyproject.toml")],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_every_contract_is_kept_and_the_number_of_checked_imports_is_printed() -> None:
    checked = lint(ROOT)
    assert checked.returncode == 0, checked.stdout
    count = re.search(r"Analyzed (\d+) files, (\d+) dependencies", checked.stdout)
    assert count, checked.stdout
    assert int(count[1]) >= len(sources())
    assert int(count[2]) > 1000
    assert " 0 broken" in checked.stdout


def test_a_forbidden_import_breaks_a_contract(tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for file, line in MISCHIEF.items():
        path = tmp_path / file
        path.write_text(f"{path.read_text('utf-8')}\n{line}\n", "utf-8")
    checked = lint(tmp_path)
    assert checked.returncode == 1, checked.stdout
    broken = re.findall(r"^(.+) BROKEN", checked.stdout, re.MULTILINE)
    assert len(broken) >= 7, checked.stdout


def test_the_verifier_needs_only_the_standard_library_and_cryptography() -> None:
    allowed = {*sys.stdlib_module_names, "cryptography", "audit"}
    verifier = [source for source in sources() if str(source).startswith("audit/")]
    assert verifier
    assert {
        str(s): imported(s.tree) - allowed for s in verifier if imported(s.tree) - allowed
    } == {}
