"""Every vulnerability of `docs/attacks.md` has its test, and every class its vulnerabilities."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/attacks.md").read_text("utf-8")
CLASSES = "ABCDEFGH"
IDENTIFIER = re.compile(
    r"\bCVE-\d{4}-\d{4,}\b|\bGHSA(?:-[23456789cfghjmpqrvwx]{4}){3}\b|\b\w+#\d+\b"
)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows(letter: str) -> list[list[str]]:
    """Read the rows of a class: vulnerability, answer, tests."""
    part = re.search(rf"^## {letter}\. .*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert part, f"class {letter} is missing"
    lines = [line for line in part[0].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("letter", CLASSES)
def test_every_row_names_a_vulnerability_and_tests_that_exist(letter: str) -> None:
    found = rows(letter)
    assert len(found) >= 3
    for vulnerability, answer, named in found:
        cited = IDENTIFIER.search(vulnerability) or "RFC " in vulnerability
        assert cited, vulnerability
        assert answer
        tests = TEST.findall(named)
        assert len(tests) == named.count("`") // 2 > 0, vulnerability
        for path, name in tests:
            assert (ROOT / path).is_file(), path
            assert name in functions_of(path), f"{path}::{name}"
