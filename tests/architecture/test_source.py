"""Small files, small functions, a sentence on everything public; nothing drawn from `random`."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator

from idp import metrics
from idp.logs import set_up
from tests.architecture.tree import functions, imported, sources

MOST_LINES = 300
MOST_FUNCTION_LINES = 60
MIGRATIONS = "idp/storage/migrations/versions/"
"""A migration is written once, read top to bottom, and never changed: it may be long."""

SOURCES = [source for source in sources() if not str(source).startswith(MIGRATIONS)]


def test_no_file_is_longer_than_can_be_held_in_mind() -> None:
    lengths = {str(source): len(source.text.splitlines()) for source in SOURCES}
    assert {name: count for name, count in lengths.items() if count > MOST_LINES} == {}


def test_no_function_is_longer_than_a_page() -> None:
    lengths = {f"{s}:{f.name}": _length(f) for s in SOURCES for f in functions(s)}
    assert {name: count for name, count in lengths.items() if count > MOST_FUNCTION_LINES} == {}


def test_modules_classes_and_public_functions_say_what_they_are() -> None:
    silent = [str(s) for s in sources() if s.text.strip() and not ast.get_docstring(s.tree)]
    for source in sources():
        silent += [f"{source}:{n.name}" for n in _public(source.tree) if not ast.get_docstring(n)]
    assert silent == []


def test_nothing_is_drawn_from_a_predictable_source() -> None:
    # CVE-2019-10754, CVE-2024-21495: tokens drawn from a generator meant for dice
    assert [str(source) for source in sources() if "random" in imported(source.tree)] == []


def test_every_metric_is_counted_somewhere() -> None:
    names = [name for name in vars(metrics) if name.isupper()]
    used = "".join(source.text for source in sources() if str(source) != "idp/metrics.py")
    assert [name for name in names if f"{name}." not in used] == []


def test_authlib_never_logs_tokens() -> None:
    # Authlib writes whole tokens at DEBUG, even when everything else is logged.
    root = logging.getLogger()
    before = (root.level, root.handlers[:], logging.getLogger("authlib").level)
    try:
        set_up(logging.DEBUG)
        logger = logging.getLogger("authlib.oauth2.rfc6749.authorization_server")
        assert not logger.isEnabledFor(logging.DEBUG)
        assert not logger.isEnabledFor(logging.INFO)
    finally:
        root.setLevel(before[0])
        root.handlers = before[1]
        logging.getLogger("authlib").setLevel(before[2])


def _public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Give what other modules may use: not what is inside a function."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_"):
                continue
            yield node
            if isinstance(node, ast.ClassDef):
                members = (m for m in node.body if isinstance(m, ast.FunctionDef))
                yield from (m for m in members if not m.name.startswith("_"))


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1
