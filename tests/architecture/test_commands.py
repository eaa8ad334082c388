"""Every command explains itself with an example, and leaves with the documented exit code."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import click
import pytest

from idp.cli import EXIT_CODES
from tests.architecture.commands import every_command, example_of, sentence_of
from tests.support.demo import free_ports
from tests.support.forked import run_idp

TEXT_ONLY = {
    "idp serve": "serves until it is stopped",
    "idp worker": "works until it is stopped",
    "idp demo": "has --json",
    "idp audit key": "prints exactly what --key takes",
    "idp audit checkpoint": "prints exactly what --checkpoint takes",
    "idp audit verify": "prints what the verifier prints",
    "idp keys master": "makes one file",
}
"""Commands without --format, each with the reason."""

COMMANDS = [(" ".join(words), command) for words, command in every_command()]


def idp(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command with these settings and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
    return run_idp(arguments, clean | settings)


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_says_what_it_does_with_an_example(name: str, command: click.Command) -> None:
    assert sentence_of(command).endswith(".")
    example = shlex.split(example_of(command))
    words = name.split()
    assert example[: len(words)] == words


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_example_uses_options_that_exist(name: str, command: click.Command) -> None:
    known = {text for param in command.params for text in param.opts}
    used = [word for word in shlex.split(example_of(command)) if word.startswith("--")]
    assert [word for word in used if word not in known] == []


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_prints_json_when_asked(name: str, command: click.Command) -> None:
    formats = [param for param in command.params if "--format" in param.opts]
    assert bool(formats) is (name not in TEXT_ONLY)


def test_help_names_the_exit_codes() -> None:
    shown = idp("--help")
    assert shown.returncode == 0
    assert " ".join(EXIT_CODES.split()) in " ".join(shown.stdout.split())


def test_done_is_0() -> None:
    done = idp("policy", "check", "policies", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")


def test_refused_is_1_with_one_sentence(tmp_path: Path) -> None:
    refused = idp("policy", "check", str(tmp_path / "nowhere"))
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith("idp: ")
    assert len(refused.stderr.splitlines()) == 1


def test_missing_settings_are_1_and_name_the_setting() -> None:
    refused = idp("keys", "list")
    assert refused.returncode == 1
    assert "IDP_ISSUER" in refused.stderr


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["keys", "list", "--nonsense"], ["client", "add"]]
)
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    wrong = idp(*arguments)
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr


def test_a_store_that_does_not_answer_is_3(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://nobody@127.0.0.1:{free_ports(1)}/none"
    down = idp("migrate", "status", IDP_ISSUER="https://id.mihon.example", IDP_DATABASE_URL=url)
    assert down.returncode == 3
    assert "Traceback" not in down.stderr
    assert len(down.stderr.splitlines()) == 1
