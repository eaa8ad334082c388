"""No secret is checked past the gate (authentik#10196): who pays for an attempt is in the types.

A `Lease` is made in one place; whatever counts a verification has one as an argument.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "idp").rglob("*.py"))
GATE = ROOT / "idp/throttle/gate.py"


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def test_a_lease_comes_only_from_the_gate() -> None:
    makers = {path for path in SOURCES if calls(ast.parse(path.read_text("utf-8")), "Lease")}
    assert makers == {GATE}


def test_whatever_counts_a_verification_was_paid_for() -> None:
    counted = set()
    for path in SOURCES:
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(function, ast.FunctionDef) or function.name == "count_verification":
                continue
            inner = [n for n in ast.walk(function) if isinstance(n, ast.FunctionDef)]
            own = [c for c in calls(function, "count_verification")]
            nested = [c for f in inner if f is not function for c in calls(f, "count_verification")]
            if len(own) > len(nested):
                names = {argument.arg for argument in function.args.args}
                assert "lease" in names, f"{path.name}: {function.name} checks a secret unpaid"
                counted.add(path.name)
    assert counted == {
        "client_authentication.py",
        "enrolment.py",
        "factors.py",
        "passkeys.py",
        "passwords.py",
        "recovery_codes.py",
        "registering.py",
        "service.py",
        "tokens.py",
        "totp.py",
    }
