"""Sign-offs as files: CSV for spreadsheets, JSON Lines for programs; marked as every export."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from audit import instant
from idp.audit_room.forms import Mark, csv_row, first_row, last_row
from idp.audit_room.guard import SAID, Cut, Guard
from idp.audit_room.review_model import Review, SignOff

COLUMNS: Final = (
    "sign_off",
    "signed_at",
    "signed_by",
    "review",
    "title",
    "rhythm",
    "from",
    "to",
    "finding",
    "remark",
    "found",
    "found_digest",
    "criteria_digest",
    "size",
    "root",
    "corrects",
)


@dataclass
class SignedTable:
    """Sign-offs one after the other, until the guard stops them."""

    signed: Iterable[SignOff]
    reviews: Mapping[str, Review]
    guard: Guard
    count: int = 0
    cut: Cut | None = None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Give each as columns."""
        for one in self.signed:
            self.cut = self.guard.stops(self.count)
            if self.cut is not None:
                return
            self.count += 1
            yield _columns(one, self.reviews[one.review_id])


def csv_lines(mark: Mark, table: SignedTable) -> Iterator[str]:
    """Write a table for a spreadsheet; no cell is a formula."""
    yield first_row(mark)
    yield csv_row(COLUMNS)
    for row in table:
        yield csv_row("" if row[one] is None else str(row[one]) for one in COLUMNS)
    yield last_row(mark, f"{table.count} sign-offs", table.cut)


def json_lines(mark: Mark, table: SignedTable) -> Iterator[str]:
    """Write one object per line, between a line that begins and one that ends."""
    yield _json({"export": mark.export, "by": mark.by, "at": instant.to_text(mark.at)})
    for row in table:
        yield _json(row)
    cut = {"cut": table.cut.value, "why": SAID[table.cut]} if table.cut else {}
    yield _json({"export": mark.export, "sign_offs": table.count} | cut)


FORMS: Final[Mapping[str, tuple[Callable[[Mark, SignedTable], Iterator[str]], str]]] = {
    "csv": (csv_lines, "text/csv; charset=utf-8"),
    "jsonl": (json_lines, "application/x-ndjson"),
}


def _columns(one: SignOff, review: Review) -> dict[str, Any]:
    return {
        "sign_off": one.id,
        "signed_at": instant.to_text(one.signed_at),
        "signed_by": one.signed_by,
        "review": one.review_id,
        "title": review.title,
        "rhythm": review.rhythm.value,
        "from": instant.to_text(one.begins),
        "to": instant.to_text(one.ends),
        "finding": one.verdict.value,
        "remark": one.remark,
        "found": one.found,
        "found_digest": one.found_digest,
        "criteria_digest": review.digest,
        "size": one.size,
        "root": one.root,
        "corrects": one.corrects,
    }


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
