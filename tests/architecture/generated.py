"""Files that are written from the code: `python -m tests.architecture.generated [--write]`.

Without `--write` it checks that they are current, and says which are not (exit 1).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client.metrics import MetricWrapperBase

from audit.inventory import INVENTORY, RetentionClass
from audit.names import EventName
from idp import metrics
from idp.admin_api.openapi import describe
from idp.assembly.admin_api import declared
from idp.policy.folder import AREAS, schema_of
from tests.architecture.commands import every_command, example_of, sentence_of
from tests.architecture.tree import ROOT, sources

NOTE = "*Written by `python -m tests.architecture.generated --write`; do not edit.*"
CLASSES = {
    RetentionClass.ACCESS: "who got in and what was handed out",
    RetentionClass.SECURITY: "attempts, refusals, replays, blocks",
    RetentionClass.ADMINISTRATION: "acts of staff on accounts, clients, policy",
    RetentionClass.REGISTER: "changes of the register of members",
    RetentionClass.KEYS: "life of signing and master keys",
    RetentionClass.SYSTEM: "the log and the machines themselves",
}


def wanted() -> dict[Path, str]:
    """Give every generated file with the text it should have."""
    made = {ROOT / "policies/schema" / f"{area}.json": _schema(area) for area in AREAS}
    made[ROOT / "docs/events.md"] = _events()
    made[ROOT / "docs/metrics.md"] = _metrics()
    made[ROOT / "docs/commands.md"] = _commands()
    made[ROOT / "docs/admin-api.json"] = _admin_api()
    return made


def stale() -> list[Path]:
    """List generated files that are missing, out of date, or no longer wanted."""
    texts = wanted()
    wrong = [path for path, text in texts.items() if not _is(path, text)]
    return wrong + [path for path in (ROOT / "policies/schema").glob("*") if path not in texts]


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text


def _schema(area: str) -> str:
    return json.dumps(schema_of(area), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _admin_api() -> str:
    described = describe(declared())
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def _events() -> str:
    lines = ["# Events of the audit log", "", NOTE, ""]
    lines += ["The list is closed (`audit/names.py`); personal fields are encrypted under the key"]
    lines += ["of the person they belong to.", ""]
    for kept in RetentionClass:
        lines += [f"## {kept.value}", "", f"{CLASSES[kept].capitalize()}.", ""]
        lines += ["| event | what it records | personal fields |", "|---|---|---|"]
        lines += [_event(name) for name in EventName if INVENTORY[name].retention_class is kept]
        lines += [""]
    return "\n".join(lines)


def _event(name: EventName) -> str:
    described = INVENTORY[name]
    fields = ", ".join(f"`{field}`" for field in described.personal_fields)
    later = "" if _is_recorded(name) else " *(not recorded yet)*"
    return f"| `{name.value}` | {described.what}{later} | {fields} |"


def _is_recorded(name: EventName) -> bool:
    written = re.compile(rf"EventName\.{name.name}\b")
    return any(written.search(s.text) for s in sources() if str(s) != "audit/names.py")


def _metrics() -> str:
    lines = ["# Metrics", "", NOTE, ""]
    lines += ["Prometheus text on the address of `IDP_METRICS`, summed over the processes of one"]
    lines += ["node. Histograms also have `_bucket`, `_sum` and `_count`.", ""]
    lines += ["| name | kind | labels | meaning |", "|---|---|---|---|"]
    for value in vars(metrics).values():
        if isinstance(value, MetricWrapperBase):
            lines.append(_metric(value))
    return "\n".join([*lines, ""])


def _metric(value: Any) -> str:
    described = value.describe()[0]
    name = described.name + ("_total" if described.type == "counter" else "")
    labels = ", ".join(f"`{label}`" for label in value._labelnames)
    return f"| `{name}` | {described.type} | {labels} | {described.documentation} |"


def _commands() -> str:
    lines = ["# Commands", "", NOTE, ""]
    lines += ["Exit codes: 0 done, 1 refused or nothing found, 2 usage, 3 unavailable. Errors are"]
    lines += ["one sentence on standard error that says what to do.", ""]
    lines += ["| command | what it does | example |", "|---|---|---|"]
    lines += list(_rows())
    return "\n".join([*lines, ""])


def _rows() -> Iterator[str]:
    for words, command in every_command():
        name = " ".join(words)
        yield f"| `{name}` | {sentence_of(command)} | `{example_of(command)}` |"


def main() -> int:
    """Check the generated files, or write them; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.architecture.generated")
    parser.add_argument("--write", action="store_true", help="write what is not current")
    write = parser.parse_args().write
    wrong, texts = stale(), wanted()
    for path in wrong:
        print(f"{'wrote' if write else 'not current'}: {path.relative_to(ROOT)}")
        if write and path in texts:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], "utf-8")
        elif write:
            path.unlink()
    if not wrong:
        print(f"{len(texts)} generated files are current")
    elif not write:
        print("run: python -m tests.architecture.generated --write", file=sys.stderr)
    return 1 if wrong and not write else 0


if __name__ == "__main__":
    sys.exit(main())
