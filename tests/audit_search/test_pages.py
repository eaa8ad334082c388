"""The audit room over HTTP: what auditors see, what is recorded of it, who does not get in."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from tests.audit_search.auditor import StaffBrowser
from tests.support.demo import Demo, wait_until

EVENT = re.compile(r'href="(/staff/audit/event/[0-9a-f-]{36})"')


@pytest.fixture(scope="module")
def auditor(demo: Demo) -> StaffBrowser:
    return StaffBrowser(demo, "auditor").sign_in()


def newest(demo: Demo, name: str) -> dict[str, object]:
    """Read the newest event of a name, as it lies in the database."""
    with closing(sqlite3.connect(demo.data / "idp.db", timeout=10)) as connection:
        row = connection.execute(
            "SELECT line FROM audit_event WHERE name = ? ORDER BY position DESC LIMIT 1", (name,)
        ).fetchone()
    found: dict[str, object] = json.loads(row[0])
    return found


def test_an_auditor_searches_and_turns_pages_without_javascript(
    demo: Demo, auditor: StaffBrowser
) -> None:
    page = auditor.get("/staff/audit")
    assert page.status_code == 200
    assert "<script" not in page.text
    found = auditor.get("/staff/audit", find="1")
    first = EVENT.findall(found.text)
    assert len(first) == 50
    older = re.search(r'href="([^"]+)" rel="next"', found.text)
    assert older
    second = auditor.get(older[1].replace("&amp;", "&"))
    assert not set(first) & set(EVENT.findall(second.text))
    named = auditor.get("/staff/audit", name="session.started", actor="x", **{"from": "2026-01-01"})
    assert EVENT.findall(named.text) == []
    event = newest(demo, "audit.searched")
    assert (event["actor"]["kind"], event["actor"]["role"]) == ("staff", "auditor")  # type: ignore[index]


def test_every_look_is_an_event_of_the_auditor(demo: Demo, auditor: StaffBrowser) -> None:
    auditor.get("/staff/audit", address="203.0.113.9", outcome="refused")
    event = newest(demo, "audit.searched")
    assert event["actor"]["kind"] == "staff"  # type: ignore[index]
    assert event["actor"]["role"] == "auditor"  # type: ignore[index]
    assert event["data"]["outcome"] == "refused"  # type: ignore[index]
    url = EVENT.findall(auditor.get("/staff/audit", find="1").text)[5]
    page = auditor.get(url)
    assert page.status_code == 200
    viewed = newest(demo, "audit.viewed")
    assert viewed["data"]["event"] == url.rsplit("/", 1)[1]  # type: ignore[index]


def test_an_event_shows_its_line_and_its_seal(auditor: StaffBrowser) -> None:
    page = auditor.get("/staff/audit", name="system.started")
    where = EVENT.findall(page.text)[-1]
    assert "system.started" in auditor.get(where).text
    # A demo that has just started seals its first events within seconds.
    wait_until(lambda: "kumiai-id/audit" in auditor.get(where).text, seconds=20)
    event = auditor.get(where)
    assert re.search(r"<code>[0-9a-f]{64}</code>", event.text)
    assert auditor.get("/staff/audit/event/no-such-event").status_code == 404


def test_timelines_lead_from_one_record_to_the_others(auditor: StaffBrowser) -> None:
    page = auditor.get("/staff/audit", name="session.started", outcome="done")
    ways = re.findall(r'href="(/staff/audit/timeline\?person=[^"]+)"', page.text)
    assert ways
    timeline = auditor.get(ways[0])
    assert timeline.status_code == 200
    assert EVENT.findall(timeline.text)
    assert auditor.get("/staff/audit/timeline").status_code == 404
    assert auditor.get("/staff/audit/timeline", reference="ZZZZZZZZ").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("from", "someday"),
        ("to", "2026-02-30"),
        ("address", "10.0.0.0/8"),
        ("address", "<script>alert(1)</script>"),
        ("name", "no.such"),
        ("outcome", "perhaps"),
        ("reference", "' OR 1=1 --"),
        ("person", "a\0b"),
        ("actor", "x" * 300),
        ("after", "-1"),
    ],
)
def test_bad_input_is_explained_on_the_page(auditor: StaffBrowser, field: str, value: str) -> None:
    page = auditor.get("/staff/audit", **{field: value})
    assert page.status_code == 400
    assert 'role="alert"' in page.text or "読み取れませんでした" in page.text
    assert "<script>alert" not in page.text


PAGES = (
    ("/staff/audit", "name"),
    ("/staff/audit/timeline", "person"),
    ("/staff/audit/breach", "from"),
    ("/staff/audit/reviews", "before"),
)


@pytest.mark.parametrize(("path", "name"), PAGES)
def test_repeated_and_broken_parameters_are_refused(
    auditor: StaffBrowser, path: str, name: str
) -> None:
    """CWE-235: two readers of one query would each take another value."""
    repeated = auditor.get(f"{path}?{name}=a&{name}=b")
    assert repeated.status_code == 400
    assert "同じ項目が二度送られました" in repeated.text
    assert "前のページに戻り、読み込み直してから" in repeated.text
    unknown = auditor.get(f"{path}?x=1&{name}=a&x=2")
    assert unknown.status_code == 400, "whatever it is called"
    broken = auditor.get(f"{path}?{name}=%ff%fe")
    assert broken.status_code == 400
    assert "使えない文字が含まれています" in broken.text
    assert "前のページに戻り、読み込み直してから" in broken.text


def test_a_look_names_the_session_it_was_taken_in(demo: Demo, auditor: StaffBrowser) -> None:
    found = auditor.get("/staff/audit", name="system.started")
    auditor.get(EVENT.findall(found.text)[0])
    looks = [newest(demo, name) for name in ("audit.searched", "audit.viewed")]
    started = newest(demo, "session.started")
    sessions = {look.get("session") for look in looks}
    assert sessions == {started["session"]}


def test_a_search_is_taken_away_marked_and_counted(demo: Demo, auditor: StaffBrowser) -> None:
    page = auditor.get("/staff/audit", name="session.started")
    token = auditor.token(page)
    taken = auditor.post(
        "/staff/audit/export", csrf_token=token, form="csv", name="session.started"
    )
    assert taken.status_code == 200, taken.text[:2000]
    assert "attachment" in taken.headers["Content-Disposition"]
    text = taken.content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    event = newest(demo, "audit.exported")
    assert event["data"]["count"] == len(rows) - 3  # type: ignore[index]
    assert event["actor"]["id"] in rows[0][0]  # type: ignore[index]
    foreign = auditor.post("/staff/audit/export", csrf_token="x", form="csv")
    assert foreign.status_code in (400, 403)
    bad = auditor.post("/staff/audit/export", csrf_token=token, form="xml")
    assert bad.status_code == 400


def test_the_exports_are_named_for_people(auditor: StaffBrowser) -> None:
    page = auditor.get("/staff/audit", name="session.started").text
    for said in ("CSV（表計算用）", "JSON Lines（プログラム用）", "syslog（監視システム用"):
        assert said in page
    english = auditor.get("/staff/audit", name="session.started", lang="en").text
    assert "Export as CSV (for spreadsheets)" in english
    auditor.get("/staff/audit", lang="ja")


def test_the_breach_question_is_answered_on_a_page_and_as_a_file(
    demo: Demo, auditor: StaffBrowser
) -> None:
    today = datetime.now(UTC).date()
    span = {"from": str(today - timedelta(days=40)), "to": str(today + timedelta(days=40))}
    too_long = auditor.get("/staff/audit/breach", **{"from": "2020-01-01", "to": "2040-12-31"})
    assert (too_long.status_code, "92日まで" in too_long.text) == (400, True)
    page = auditor.get("/staff/audit/breach", **span)
    assert page.status_code == 200
    assert newest(demo, "audit.searched")["data"]["question"] == "breach"  # type: ignore[index]
    assert auditor.get("/staff/audit/breach", client="portal").status_code == 400
    taken = auditor.post("/staff/audit/breach", csrf_token=auditor.token(page), **span)
    assert taken.headers["Content-Type"].startswith("text/csv")
    assert "ends here" in taken.content.decode("utf-8-sig").splitlines()[-1]


@pytest.mark.parametrize("role", ["helpdesk", "clerk", "security", "administrator"])
def test_nobody_but_auditors_gets_in(demo: Demo, role: str) -> None:
    """Broken access control (OWASP A01): each address, not only the menu."""
    other = StaffBrowser(demo, role).sign_in()
    assert "/staff/audit" not in other.get("/staff").text
    for path in ("", "/timeline?actor=x", "/breach", "/event/x", "/reviews", "/reviews/x/once"):
        assert other.get(f"/staff/audit{path}").status_code == 403
    token = other.token(other.get("/staff"))
    assert other.post("/staff/audit/export", csrf_token=token, form="csv").status_code == 403
    assert other.post("/staff/audit/breach", csrf_token=token).status_code == 403
    for path in ("", "/x", "/x/once", "/export"):
        assert other.post(f"/staff/audit/reviews{path}", csrf_token=token).status_code == 403


def test_without_a_session_one_is_led_to_the_sign_in(demo: Demo) -> None:
    page = StaffBrowser(demo, "auditor").get("/staff/audit", person="00000017")
    assert page.url.split("?")[0].endswith("/staff/sign-in")
    assert "00000017" not in page.url


@pytest.mark.parametrize("person", ["x" * 65, "taro@mihon.example", "見本太郎"])
def test_what_is_no_identifier_never_stands_in_the_log(
    demo: Demo, auditor: StaffBrowser, person: str
) -> None:
    """CWE-532: a name or an address typed here would stand in clear in the event of the look."""
    page = auditor.get("/staff/audit", person=person)
    assert page.status_code == 400
    found = demo.idp("audit", "search", "--name", "audit.searched", "--format", "json")
    assert person not in found.stdout


@pytest.mark.parametrize("event", ["a%00b", "no-event", "x" * 200])
def test_an_id_that_is_none_is_not_found(auditor: StaffBrowser, event: str) -> None:
    assert auditor.get(f"/staff/audit/event/{event}").status_code in (400, 404)
