"""Saved reviews over HTTP: saved from a search, due at home, looked at, signed, taken away."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.audit_search.auditor import StaffBrowser
from tests.audit_search.saved import first_period, form_of, now_of, save
from tests.support.demo import Demo
from tests.support.staff import code, staff_of, wrong_code


@pytest.fixture(scope="module")
def auditor(demo: Demo) -> StaffBrowser:
    return StaffBrowser(demo, "auditor").sign_in()


@pytest.fixture(scope="module")
def review(auditor: StaffBrowser) -> str:
    """The address of a review of what has happened so far."""
    return save(auditor, "役割の付与の確認")


def months_over(first: str, now: datetime) -> list[str]:
    """Name the months from the first to the one before this one, the newest first."""
    months, day = list[str](), now.date().replace(day=1)
    while months[-1:] != [first]:
        day = (day - timedelta(days=1)).replace(day=1)
        months.append(f"{day:%Y-%m}")
    return months


def signed_of(demo: Demo, review: str) -> list[dict[str, Any]]:
    """Read the sign-offs of a review from the log."""
    with closing(sqlite3.connect(demo.data / "idp.db", timeout=10)) as connection:
        rows = connection.execute("SELECT line FROM audit_event WHERE name = 'review.signed'")
        events = [json.loads(row[0]) for row in rows]
    return [one for one in events if one["data"]["review"] == review.rsplit("/", 1)[1]]


def count_due(auditor: StaffBrowser) -> int:
    found = re.search(r"署名していない点検が([0-9]+)件あります", auditor.get("/staff").text)
    return int(found[1]) if found else 0


def test_a_monthly_review_is_due_for_each_month_that_is_over(auditor: StaffBrowser) -> None:
    now = now_of(auditor.demo)
    begin = (now - timedelta(days=62)).date().isoformat()
    page = auditor.get("/staff/audit", name="policy.activated", **{"from": begin})
    form = form_of(page.text, "save-review")
    before = count_due(auditor)
    made = auditor.post("/staff/audit/reviews", title="毎月", rhythm="monthly", **form)
    months = re.findall(r"/staff/audit/reviews/[0-9a-f-]{36}/([0-9]{4}-[0-9]{2})", made.text)
    assert months == months_over(begin[:7], now)
    assert count_due(auditor) == before + len(months)
    none = auditor.post("/staff/audit/reviews", title="一回", rhythm="once", **form)
    assert (none.status_code, "両方を入れて検索してから" in none.text) == (400, True)
    auditor.post(made.url, retire="yes", csrf_token=form["csrf_token"])


def test_a_review_is_saved_done_and_signed_without_javascript(
    demo: Demo, auditor: StaffBrowser, review: str
) -> None:
    before = count_due(auditor)
    assert before >= 1
    url = first_period(auditor, review)
    page = auditor.get(url).text
    assert "<script" not in page
    assert 'role="img"' in page, "a chart"
    assert "<caption>日ごとの件数</caption>" in page, "and its table"
    form = form_of(page, "sign")
    missing = auditor.post(url, **form, finding="objection", remark="")
    assert (missing.status_code, "所見の欄にお書きください" in missing.text) == (400, True)
    nothing = auditor.post(url, **form, remark="typed already")
    assert (nothing.status_code, "typed already" in nothing.text) == (400, True)
    signed = auditor.post(url, **form, finding="nothing", remark="")
    assert signed.status_code == 200, signed.text
    twice = auditor.post(url, **form, finding="nothing", remark="")
    assert twice.status_code == 200
    assert count_due(auditor) == before - 1
    (event,) = signed_of(demo, review)
    assert event["actor"]["role"] == "auditor"
    assert event["session"]
    assert event["data"]["found"] == int(form["found"])
    other = auditor.post(url, **form, finding="objection", remark="another")
    assert (other.status_code, "別の画面で署名されています" in other.text) == (409, True)


def test_signing_later_asks_for_a_code_and_keeps_what_was_typed(
    demo: Demo, auditor: StaffBrowser
) -> None:
    url = first_period(auditor, save(auditor, "あとで署名"))
    demo.move_clock(float(demo.clock.read_text()) + 6 * 60)
    page = auditor.get(url).text
    assert 'name="code"' in page
    form, secret = form_of(page, "sign"), staff_of(demo, "auditor")["totp_secret"]
    sent = form | {"finding": "objection", "remark": "長い説明"}
    none = auditor.post(url, **sent)
    assert (none.status_code, "長い説明" in none.text) == (401, True)
    wrong = auditor.post(url, **sent, code=wrong_code(demo, secret))
    assert (wrong.status_code, "長い説明" in wrong.text) == (401, True)
    signed = auditor.post(url, **sent, code=code(demo, secret))
    assert (signed.status_code, "指摘あり" in signed.text) == (200, True)


def test_sign_offs_are_listed_and_taken_away(demo: Demo, auditor: StaffBrowser) -> None:
    """CSV injection (OWASP): a title that is a formula is a text in the file."""
    url = first_period(auditor, save(auditor, "=1+1"))
    auditor.post(url, **form_of(auditor.get(url).text, "sign"), finding="nothing")
    page = auditor.get("/staff/audit/reviews")
    assert "=1+1" in page.text
    token = auditor.token(page)
    taken = auditor.post("/staff/audit/reviews/export", csrf_token=token, form="csv")
    assert taken.status_code == 200, taken.text
    rows = list(csv.reader(io.StringIO(taken.content.decode("utf-8-sig"), newline="")))
    assert rows[1][:3] == ["sign_off", "signed_at", "signed_by"]
    assert "'=1+1" in rows[2]
    assert rows[-1][0].endswith("ends here")
    lines = auditor.post("/staff/audit/reviews/export", csrf_token=token, form="jsonl")
    values = [json.loads(line) for line in lines.text.splitlines()]
    assert values[-1]["sign_offs"] == len(values) - 2 == len(rows) - 3
    assert (
        auditor.post("/staff/audit/reviews/export", csrf_token=token, form="x").status_code == 400
    )


def test_a_review_of_ones_own_is_retired(auditor: StaffBrowser) -> None:
    review = save(auditor, "終わりにする")
    before, page = count_due(auditor), auditor.get(review).text
    ended = auditor.post(review, **form_of(page, "retire"), retire="yes")
    assert (ended.status_code, 'id="retire"' in ended.text) == (200, False)
    assert count_due(auditor) < before


@pytest.mark.parametrize(
    "path", ["x", "x/once", "00000000-0000-0000-0000-000000000000/2026-10", "a%00b", "x/2026-13"]
)
def test_what_is_no_review_is_not_found(auditor: StaffBrowser, path: str) -> None:
    assert auditor.get(f"/staff/audit/reviews/{path}").status_code == 404
