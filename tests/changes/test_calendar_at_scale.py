"""The calendar and the notices look up days by index: 100,000 members are not walked through."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from idp.accounts import store as accounts
from idp.storage.migrate import apply
from idp.storage.sql import Database


@pytest.mark.parametrize("statement", [accounts._TURNING, accounts._ENDING])
def test_no_question_about_days_walks_through_everybody(tmp_path: Path, statement: object) -> None:
    database = Database(f"sqlite:///{tmp_path}/empty.db")
    apply(database)
    sql, constants = statement.for_dialect(database.dialect)  # type: ignore[attr-defined]
    days = {"first": str(date(2027, 7, 1)), "last": str(date(2027, 8, 31))}
    try:
        with database.read() as tx:
            plan = tx.text(f"EXPLAIN QUERY PLAN {sql}", constants | days).fetchall()
    finally:
        database.dispose()
    steps = [row[3] for row in plan]
    assert steps
    assert not [step for step in steps if step.startswith("SCAN")], steps
