"""CWE-150: what strangers typed into an event must not steer the terminal of whoever reads it."""

from __future__ import annotations

import json
import unicodedata

import pytest

from idp.cli.output import as_json, plain, say, show

STEERING = [
    "\x1b]0;a title\x07",
    "\x1b[2J\x1b[1;1H",
    "\x9b31m",
    "\x08\x08\x08admin",
    "a\rb",
    "a\nforged line",
    "a\u2028forged line",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "\x7f",
]


def steers(text: str) -> bool:
    """Tell whether a terminal would do anything but write it."""
    bidi = ["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"]
    return any(
        unicodedata.category(c) in ("Cc", "Zl", "Zp") or unicodedata.bidirectional(c) in bidi
        for c in text
    )


@pytest.mark.parametrize("value", STEERING)
def test_a_table_of_any_command_writes_it_out(
    value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show([{"name": value, "also": "[red]no markup[/] [/]"}], ["name", "also"], "table")
    printed = capsys.readouterr().out
    assert not steers(printed.replace("\n", "")), repr(printed)
    assert printed.count("\n") == 2
    assert "[red]no markup[/] [/]" in printed


@pytest.mark.parametrize("value", STEERING)
def test_a_sentence_and_json_write_it_out(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    say({"name": value}, plain(value), "table")
    said = capsys.readouterr().out
    assert not steers(said.removesuffix("\n")), repr(said)
    text = as_json([{"name": value}])
    assert not steers(text)
    assert json.loads(text) == [{"name": value}], "nothing is lost"


def test_japanese_is_left_alone() -> None:
    assert plain("見本 花子（組合員）") == "見本 花子（組合員）"
