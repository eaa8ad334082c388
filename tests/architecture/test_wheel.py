"""The wheel holds the five packages with their data, and may not be uploaded."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT

DATA = (
    "idp/web/templates/sign_in.html",
    "idp/web/static/style.css",
    "idp/web/translations/en/pages.po",
    "idp/storage/migrations/versions/0001_the_first_schema.py",
    "relying_parties/portal/templates/home.html",
    "relying_parties/card/static/index.html",
    "relying_parties/card/static/vendor/oauth4webapi/",
    "demo/members.csv",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel as the build back end makes it."""
    folder = Path(tmp_path_factory.mktemp("wheel"))
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return zipfile.ZipFile(made)


def test_the_wheel_holds_exactly_the_five_packages(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert wheel.filename is not None
    assert Path(wheel.filename).name.startswith("kumiai_id-")


@pytest.mark.parametrize("path", DATA)
def test_the_wheel_holds_what_the_programs_read(wheel: zipfile.ZipFile, path: str) -> None:
    assert [name for name in wheel.namelist() if name.startswith(path)]


def test_the_wheel_may_not_be_uploaded_and_names_its_licence(wheel: zipfile.ZipFile) -> None:
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    text = wheel.read(metadata).decode("utf-8")
    assert "Classifier: Private :: Do Not Upload" in text
    assert "License-Expression: Apache-2.0" in text
    assert "License-File: LICENSE" in text


def test_the_command_is_called_idp(wheel: zipfile.ZipFile) -> None:
    (scripts,) = (name for name in wheel.namelist() if name.endswith("/entry_points.txt"))
    assert "idp = idp.cli:main" in wheel.read(scripts).decode("utf-8")
