"""Forms in which found events leave: CSV, JSON Lines, RFC 5424 syslog. Each is a stream of lines.

The first line says who took them when, under which export; the last one how many there are and,
when something cut them off, why: a file without it was broken off. CSV: UTF-8 with a byte-order
mark (Excel), every cell quoted, and no cell that a spreadsheet takes for a formula (OWASP, "CSV
Injection"). Syslog: RFC 5424 6.3.3 escapes.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from audit import instant
from idp.audit_room.guard import SAID, Cut, Guard
from idp.audit_room.words import sentence
from idp.audit_search.model import Found, address_of

COLUMNS: Final = (
    "occurred_at",
    "name",
    "outcome",
    "what",
    "subject",
    "actor_kind",
    "actor_id",
    "actor_role",
    "on_behalf_of",
    "client",
    "session",
    "case",
    "approval",
    "address",
    "device",
    "reference",
    "request_id",
    "decision",
    "data",
    "id",
)
_FORMULA: Final = re.compile(r"\s*[=+\-@＝＋－＠\t\r\n]")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SEVERITY: Final = {"done": 6, "refused": 4, "failed": 3}
_LOG_AUDIT: Final = 13  # RFC 5424 6.2.1, table 1
_NUMBER: Final = "32473"  # RFC 5612: the enterprise number for those who have none


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands on every export: who took it when, and under which event of the log."""

    by: str
    at: datetime
    export: str
    host: str


class Counted:
    """Counts what passes by, and stops when it must: `cut` says why."""

    def __init__(self, found: Iterable[Found], guard: Guard | None = None) -> None:
        self._found = found
        self._guard = guard or Guard()
        self.count = 0
        self.cut: Cut | None = None

    def __iter__(self) -> Iterator[Found]:
        """Give one after the other."""
        for one in self._found:
            self.cut = self._guard.stops(self.count)
            if self.cut is not None:
                return
            self.count += 1
            yield one


Form = Callable[[Mark, Counted], Iterator[str]]


def csv_lines(mark: Mark, found: Counted) -> Iterator[str]:
    """Write a table; times in UTC, what happened in Japanese."""
    yield first_row(mark)
    yield _csv_row(COLUMNS)
    for one in found:
        row = flat(one.event)
        yield _csv_row([row[column] for column in COLUMNS])
    yield last_row(mark, f"{found.count} events", found.cut)


def json_lines(mark: Mark, found: Counted) -> Iterator[str]:
    """Write one opened event per line, between a line that begins and one that ends."""
    yield _json({"export": mark.export, "by": mark.by, "at": instant.to_text(mark.at)})
    for one in found:
        yield _json(one.event)
    cut = {"cut": found.cut.value, "why": SAID[found.cut]} if found.cut else {}
    yield _json({"export": mark.export, "events": found.count} | cut)


def syslog_lines(mark: Mark, found: Counted) -> Iterator[str]:
    """Write one message per event (RFC 5424), facility 13, the fields as structured data."""
    own = {"id": mark.export, "by": mark.by}
    yield _syslog(mark.host, mark.at, "audit.exported", 6, {"export": own}, "export begins")
    for one in found:
        event = one.event
        row = {key: value for key, value in flat(event).items() if value and key not in _IN_HEADER}
        at = instant.from_text(event["occurred_at"])
        severity = _SEVERITY[event["outcome"]]
        said = sentence(event, "en")
        yield _syslog(mark.host, at, event["name"], severity, {"event": row}, said)
    end = own | {"events": str(found.count)} | ({"cut": found.cut.value} if found.cut else {})
    said = f"export was cut: {SAID[found.cut]}" if found.cut else "export ends"
    yield _syslog(mark.host, mark.at, "audit.exported", 6, {"export": end}, said)


FORMS: Mapping[str, tuple[Form, str]] = {
    "csv": (csv_lines, "text/csv; charset=utf-8"),
    "jsonl": (json_lines, "application/x-ndjson"),
    "rfc5424": (syslog_lines, "text/plain; charset=utf-8"),
}
_IN_HEADER = {"occurred_at", "name", "what"}


def flat(event: Mapping[str, Any]) -> dict[str, str]:
    """Give an opened event as columns; values of erased persons are empty."""
    actor, data = event["actor"], event.get("data") or {}
    values: dict[str, Any] = {
        **{column: event.get(column) for column in COLUMNS},
        "what": sentence(event, "ja"),
        "actor_kind": actor["kind"],
        "actor_id": actor.get("id"),
        "actor_role": actor.get("role"),
        "address": address_of(event),
        "device": (event.get("source") or {}).get("device"),
        "reference": data.get("reference"),
    }
    return {key: _cell(value) for key, value in values.items()}


def guarded(cell: str) -> str:
    """Make a cell text for a spreadsheet: an apostrophe before what would begin a formula."""
    return "'" + cell if _FORMULA.match(cell) else cell


def last_row(mark: Mark, counted: str, cut: Cut | None) -> str:
    """Write how a table ends: what it holds, and why that is not everything."""
    if cut is None:
        return _csv_row([f"# {counted}, export {mark.export} ends here"])
    return _csv_row([f"# NOT COMPLETE after {counted}, export {mark.export}: {SAID[cut]}"])


def csv_row(cells: Iterable[str]) -> str:
    """Write one guarded row."""
    return _csv_row(cells)


def _csv_row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(map(guarded, cells))
    return out.getvalue()


def first_row(mark: Mark) -> str:
    """Write how a table begins: who took it when; with the mark by which Excel reads UTF-8."""
    return "\ufeff" + _csv_row([f"# {_said(mark)}"])


def _said(mark: Mark) -> str:
    return f"exported by {mark.by} at {instant.to_text(mark.at)}, export {mark.export}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _syslog(
    host: str,
    at: datetime,
    name: str,
    severity: int,
    data: Mapping[str, Mapping[str, str]],
    said: str,
) -> str:
    elements = "".join(
        f"[{element}@{_NUMBER}{''.join(map(_parameter, fields.items()))}]"
        for element, fields in data.items()
    )
    head = f"<{_LOG_AUDIT * 8 + severity}>1 {instant.to_text(at)} {_printable(host)[:255]}"
    return f"{head} kumiai-id - {_printable(name)[:32]} {elements} {_printable(said, ' ')}\n"


def _parameter(pair: tuple[str, str]) -> str:
    return f' {pair[0]}="{_escaped(pair[1])}"'


def _escaped(value: str) -> str:
    """Escape a PARAM-VALUE; a line break or another control would begin a message of its own."""
    visible = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    return re.sub(r'(["\\\]])', r"\\\1", visible)


def _printable(text: str, also: str = "") -> str:
    kept = "".join(c if "!" <= c <= "~" or c in also else "?" for c in text)
    return kept or "-"
