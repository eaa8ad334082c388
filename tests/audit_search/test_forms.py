"""Exports: no cell is a formula, no value begins a message of its own, a cut file shows."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from audit.names import EventName
from idp.audit_room.forms import COLUMNS, Counted, Mark, csv_lines, json_lines, syslog_lines
from idp.audit_room.words import SENTENCES, details, sentence
from idp.audit_search.model import Found

MARK = Mark("cli:root", datetime(2026, 11, 1, tzinfo=UTC), "0199-export", "id.example")
HOSTILE = [
    "=1+1",
    "+1",
    "-1+1|cmd",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "＝1＋1",
    '"=1',
    "',=1",
    'a"],[x@1 b="',
    "back\\slash",
    "<134>1 2026-11-01T00:00:00Z host app - - - forged\n<134>1 x",
    "line\u2028separator",
    "\x1b]0;title\x07",
]


def event(**values: Any) -> Found:
    """Make an opened event."""
    plain = {
        "id": "0199",
        "occurred_at": "2026-11-01T00:00:00.000000Z",
        "name": "sign_in.refused",
        "outcome": "refused",
        "actor": {"kind": "member"},
    }
    return Found(1, plain | values)


def hostile(value: str) -> Found:
    """Put a value wherever a stranger's text may come to stand."""
    return event(
        subject=value,
        client=value,
        session=value,
        request_id=value,
        source={"address": value, "device": value},
        actor={"kind": "staff", "id": value, "role": value},
        data={"reference": value, "reason": value, value: value},
    )


@pytest.mark.parametrize("value", HOSTILE)
def test_no_cell_of_a_csv_is_a_formula(value: str) -> None:
    """CSV injection (OWASP): what Excel reads as a formula begins with one of these."""
    text = "".join(csv_lines(MARK, Counted([hostile(value)])))
    assert text.startswith("\ufeff"), "Excel takes it for UTF-8"
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 4
    assert rows[1] == list(COLUMNS)
    for cell in rows[2]:
        assert not re.match(r"\s*[=+\-@\t\r\n＝＋－＠]", cell), repr(cell)
    subject = rows[2][COLUMNS.index("subject")]
    assert subject in (value, "'" + value), "nothing else is changed"


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_of_a_syslog_message_ends_it_or_begins_another(value: str) -> None:
    lines = list(syslog_lines(MARK, Counted([hostile(value)])))
    assert len(lines) == 3
    line = lines[1]
    assert line.count("\n") == 1
    assert line.endswith("\n")
    head, values = read_syslog(line)
    assert head == [
        "<108>1",
        "2026-11-01T00:00:00.000000Z",
        "id.example",
        "kumiai-id",
        "-",
        "sign_in.refused",
    ]
    controls = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
    assert values["subject"] == controls.sub(lambda c: f"\\u{ord(c[0]):04x}", value)
    assert len(line.encode()) < 65_536


def read_syslog(line: str) -> tuple[list[str], dict[str, str]]:
    """Read a message by the grammar of RFC 5424 section 6, strictly."""
    head = line.split(" ", 6)
    rest, values = head.pop(), {}
    assert rest.startswith("[event@32473")
    at = len("[event@32473")
    while rest[at] == " ":
        name, at = rest[at + 1 : rest.index("=", at)], rest.index("=", at) + 1
        assert re.fullmatch(r"[!-<>-~]{1,32}", name)
        assert rest[at] == '"'
        at, value = at + 1, ""
        while rest[at] != '"':
            assert rest[at] != "]", "an unescaped bracket"
            if rest[at] == "\\":
                assert rest[at + 1] in '"\\]'
                at += 1
            value, at = value + rest[at], at + 1
        values[name], at = value, at + 1
    assert rest[at : at + 2] == "] "
    assert rest[at + 2 :].strip().isascii()
    return head, values


def test_who_took_it_when_stands_in_every_form_and_a_cut_file_shows() -> None:
    for form in (csv_lines, json_lines, syslog_lines):
        lines = list(form(MARK, Counted([event()] * 4321)))
        assert "cli:root" in lines[0]
        assert "2026-11-01T00:00:00.000000Z" in lines[0]
        assert MARK.export in lines[0]
        assert MARK.export in lines[-1]
        assert "4321" in lines[-1]
        assert "4321" not in lines[0]


def test_json_lines_are_one_value_each() -> None:
    lines = list(json_lines(MARK, Counted([hostile(value) for value in HOSTILE])))
    assert len(lines) == len(HOSTILE) + 2
    for line, value in zip(lines[1:], HOSTILE, strict=False):
        assert json.loads(line)["subject"] == value
        assert line.count("\n") == 1


def test_every_event_has_a_sentence_in_both_languages() -> None:
    assert set(SENTENCES) == {name.value for name in EventName}
    for name in EventName:
        one = event(name=name.value, outcome="done").event
        assert sentence(one, "ja") != sentence(one, "en")
        assert sentence(one, "en").isascii()
        assert details(one, "ja") != details(one, "en")


def test_a_sentence_says_that_an_act_failed_when_its_name_does_not() -> None:
    assert sentence(event(name="mail.sent", outcome="failed").event, "en").endswith("(failed)")
    assert "(refused)" not in sentence(event().event, "en")
