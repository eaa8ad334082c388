"""The promises of the protocol beside the tests that name them: `python -m tests.protocol_table`.

`docs/protocol.md` has one line for each row; a test names rows in its docstring as `Row 45: …` or
`Rows 97, 98: …`. Reads files only, so that the table needs no server and no import of a test.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/protocol.md"
LINE = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (tested|not offered|partly) \|$", re.MULTILINE)
NAMED = re.compile(r"\bRows? (\d+(?:(?:-|, | and )\d+)*)\s*:")
LAST = 117


@dataclass(frozen=True)
class Row:
    """One promise."""

    number: int
    promise: str
    section: str
    state: str


def rows() -> list[Row]:
    """Read the promises, in the order of the page."""
    found = LINE.findall(PAGE.read_text("utf-8"))
    return [Row(int(number), *rest) for number, *rest in found]


def numbers(docstring: str) -> set[int]:
    """Give the rows that a docstring names; `Rows 48-50, 77: …` names four."""
    named: set[int] = set()
    for listed in NAMED.findall(docstring):
        for part in re.split(r", | and ", listed):
            first, _, last = part.partition("-")
            named |= set(range(int(first), int(last or first) + 1))
    return named


def named_in_tests() -> dict[int, list[str]]:
    """Give the tests that name each row, as `path::name`."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number in numbers(ast.get_docstring(node) or ""):
                    found[number].append(f"{path.relative_to(ROOT)}::{node.name}")
    return found


def missing() -> list[Row]:
    """List the rows that promise something which no test names."""
    named = named_in_tests()
    return [row for row in rows() if row.state != "not offered" and not named.get(row.number)]


def main() -> int:
    """Print the table; the exit status is 1 when a row has neither test nor statement."""
    parser = argparse.ArgumentParser(prog="python -m tests.protocol_table")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    form, named = parser.parse_args().format, named_in_tests()
    if form == "json":
        listed = [vars(row) | {"tests": named.get(row.number, [])} for row in rows()]
        print(json.dumps(listed, ensure_ascii=False))
    else:
        for row in rows():
            print(f"{row.number:>3}  {row.promise} ({row.section})")
            said = [] if row.state == "tested" else [row.state]
            for line in [*said, *named.get(row.number, [])] or ["NO TEST"]:
                print(f"       {line}")
        count = sum(len(found) for found in named.values())
        print(f"{len(rows())} rows, {count} places in tests, {len(missing())} without a test")
    return 1 if missing() else 0


if __name__ == "__main__":
    sys.exit(main())
