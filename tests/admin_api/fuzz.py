"""Thousands of made-up calls against a real provider: `make api-fuzz`.

Schemathesis makes them from the description that the provider serves, and checks each answer
against it. Two programs call, as no client may hold all scopes. Limits are out of the way.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

from idp.policy.admin_api import ROOT, SCOPES
from tests.support.demo import Demo, running_demo
from tests.support.parties import write_policies

SEARCH = "admin:audit.search"
OTHERS = " ".join(sorted(set(SCOPES) - {SEARCH}))
CONFIG = Path(__file__).with_name("schemathesis.toml")


def policies(folder: Path) -> Path:
    """Write a policy that lets one client ask and look as often, with one token, as it likes."""
    written = write_policies(folder)
    file = written / "admin_api.toml"
    file.write_text(re.sub(r"(?m)^count = \d+$", "count = 100000000", file.read_text("utf-8")))
    file = written / "tokens.toml"
    text, done = re.subn(r'(access_token_lifetime = )"\w+"', r'\1"12h"', file.read_text("utf-8"))
    assert done == 1
    file.write_text(text, "utf-8")
    return written


def token_for(demo: Demo, folder: Path, name: str, scope: str) -> str:
    """Register a program by the command, as an operator does, and get it a token."""
    wanted = {"client_id": name, "grant_types": ["client_credentials"], "scope": scope}
    file = folder / f"{name}.json"
    file.write_text(json.dumps(wanted))
    done = demo.idp("client", "add", "--file", str(file), "--format", "json")
    assert done.returncode == 0, done.stderr
    secret = json.loads(done.stdout)["client_secret"]
    answer = requests.post(
        f"{demo.issuer}/token",
        data={"grant_type": "client_credentials"},
        auth=(name, secret),
        timeout=30,
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def fuzz(demo: Demo, program: str, token: str, *arguments: str) -> int:
    """Run it; returns its exit status."""
    command = [
        program,
        "--config-file",
        str(CONFIG),
        "run",
        f"{demo.issuer}{ROOT}/openapi.json",
        "--url",
        f"{demo.issuer}{ROOT}",
        "--header",
        f"Authorization: Bearer {token}",
        "--header",
        "Accept: application/json",
        *arguments,
    ]
    # It keeps a folder of its own where it runs.
    return subprocess.run(
        command, check=False, cwd=demo.data.parent, env=os.environ | {"NO_COLOR": "1"}
    ).returncode


def main() -> int:
    """Start a demo and fuzz it; `python -m tests.admin_api.fuzz SCHEMATHESIS [CASES [OPTION…]]`."""
    program, most = str(Path(sys.argv[1]).absolute()), sys.argv[2] if len(sys.argv) > 2 else "100"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_demo(folder, "--policies", str(policies(folder / "policies"))) as demo:
            cases = ("--max-examples", most, "--generation-deterministic")
            # Making up reasons is slow on a busy machine, and says nothing of the API.
            cases += ("--suppress-health-check", "too_slow", *sys.argv[3:])
            others = token_for(demo, folder, "fuzz-others", OTHERS)
            search = token_for(demo, folder, "fuzz-search", SEARCH)
            events = "/audit/events"
            failed = fuzz(demo, program, others, *cases, "--exclude-path", events)
            failed += fuzz(demo, program, search, *cases, "--include-path", events)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
