"""The commands of the README do what it says, on a running demo; its links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask

from tests.architecture.tree import ROOT
from tests.support.demo import Demo, running_demo
from tests.support.relying_party import Browser, hidden_fields

README = (ROOT / "README.md").read_text("utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(kind, text) for kind, text in FENCE.findall(README)]
SHELL = [text for kind, text in BLOCKS if kind == "sh"]
(PYTHON,) = [text for kind, text in BLOCKS if kind == "python"]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("[CS]*.md"), *(ROOT / "docs").rglob("*.md")])


def block_with(words: str) -> str:
    """Give the one shell block that holds these words."""
    found: list[str] = [text for text in SHELL if words in text]
    assert len(found) == 1
    return found[0]


def run_block(text: str, demo: Demo, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a block as it stands, but for the demo's folder and where the programs are."""
    script = text.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    script = script.replace("var/demo", shlex.quote(str(demo.data)))
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_it_shows_a_picture_that_is_there() -> None:
    (picture,) = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert (ROOT / picture).is_file()


def test_the_first_two_commands_are_demo_and_test() -> None:
    assert SHELL[0].split("\n")[:2] == ["make demo", "make test"]


@pytest.mark.parametrize("target", ["demo", "test", "check"])
def test_make_knows_the_targets_that_are_named(target: str) -> None:
    assert f"make {target}" in README
    planned = subprocess.run(
        ["make", "--no-print-directory", "-n", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert planned.returncode == 0, planned.stderr


def test_the_demo_starts_with_the_command_that_make_demo_runs(tmp_path: Path) -> None:
    planned = subprocess.run(
        ["make", "--no-print-directory", "-n", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    words = shlex.split(planned.stdout.splitlines()[-1])
    assert words[:2] == [".venv/bin/idp", "demo"]
    with running_demo(tmp_path, *words[2:], "--workers", "1") as started:
        assert urlsplit(started.issuer).hostname == "localhost"
        for place in ("portal", "card", "mail"):
            assert requests.get(started.facts[place], timeout=10).status_code == 200


def test_the_log_is_proved_by_the_commands_given_until_it_is_altered(
    demo: Demo, tmp_path: Path
) -> None:
    block = block_with("audit verify")
    done = run_block(block, demo, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "OK: " in done.stdout
    assert "signer (yes), kept checkpoints (1)" in done.stdout
    events = tmp_path / "pack/events.jsonl"
    events.write_text(events.read_text("utf-8").replace('"done"', '"none"', 1), "utf-8")
    altered = run_block(block.splitlines()[-1], demo, tmp_path)
    assert altered.returncode == 1
    assert "FAILED" in altered.stdout


def test_the_relying_party_of_ten_lines_signs_a_member_in(tmp_path: Path) -> None:
    # A demo of its own: the application reads the machine's clock, which others move in theirs.
    with running_demo(tmp_path / "demo", "--workers", "1") as demo:
        added = run_block(block_with("client add"), demo, tmp_path)
        assert added.returncode == 0, added.stderr
        kiosk = _application(PYTHON.replace("http://localhost:8000", demo.issuer))
        here = kiosk.test_client()
        asked = here.get("/", base_url="http://127.0.0.1:5000")
        member = demo.member()
        browser = Browser(demo.issuer)
        page = browser.follow(browser.get(asked.headers["Location"]))
        page = browser.follow(browser.sign_in(member["email"], member["password"], page))
        answer = browser.follow(
            browser.post("/consent", hidden_fields(page.text) | {"consent": "allow"})
        )
        told = here.get(answer.headers["Location"]).get_json()
        assert told["iss"] == demo.issuer
        assert told["aud"] == "kiosk"


@pytest.mark.parametrize("document", PAGES, ids=str)
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text("utf-8")
    targets = [t for t in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) if "://" not in t]
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", PAGES, ids=str)
def test_files_that_are_named_are_there(document: Path) -> None:
    text = document.read_text("utf-8")
    named = re.findall(r"`((?:tests|idp|audit|keys|demo|deploy|policies|docs)/[\w./-]+)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def _application(source: str) -> Flask:
    names: dict[str, Any] = {"__name__": "kiosk"}
    exec(compile(source, "README.md", "exec"), names)
    app = names["app"]
    assert isinstance(app, Flask)
    return app
