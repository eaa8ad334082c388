"""What the log says about a member, from a pack that the offline verifier has proven."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.demo import Demo


def proven_events(demo: Demo, folder: Path) -> list[dict[str, Any]]:
    """Export the log, verify it offline with the published key, and read its events."""
    folder.mkdir()
    pack, key = folder / "pack", folder / "auditor.pub"
    exported = demo.idp("audit", "export", "--out", str(pack))
    assert exported.returncode == 0, exported.stderr
    key.write_text(demo.idp("audit", "key").stdout)
    verified = subprocess.run(
        [sys.executable, "-m", "audit", "verify", str(pack), "--key", str(key)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert verified.returncode == 0, verified.stdout + verified.stderr
    return [json.loads(line) for line in (pack / "events.jsonl").read_text("utf-8").splitlines()]


def subject_of(demo: Demo, number: str) -> str:
    """Give the subject of a member's account."""
    answer = demo.idp("account", "show", number, "--format", "json")
    assert answer.returncode == 0, answer.stderr
    return str(json.loads(answer.stdout)["subject"])


def acts(events: list[dict[str, Any]], subject: str) -> list[tuple[str, str | None]]:
    """Tell in order what happened to a subject, and at which client."""
    return [
        (event["name"], event.get("client")) for event in events if event.get("subject") == subject
    ]
