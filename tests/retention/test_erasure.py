"""Erased is erased: in the tables, the log, later packs, and in what a backup brings back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from audit.event import Actor
from audit.names import EventName
from idp.accounts import store as accounts
from idp.accounts.service import Accounts
from idp.assembly.retention import build_eraser
from idp.changes import store as changes
from idp.clock import to_micros
from idp.erasure.record import Entry, ErasedFile
from idp.journal.reading import EventReader
from idp.mails.model import Mail, MailKind
from idp.members import store as members
from idp.members.service import Register
from idp.proving.model import Purpose
from tests.retention.house import BROWSER, ROOT, House
from tests.retention.people import NAME, STREET, a_member

NUMBER, ADDRESS = "00000017", "hanako17@mihon.example"
GONE = (ADDRESS, NAME.family_kana, NAME.given, STREET, "+81312345678", "見本小学校", BROWSER)
REFUNDED = date(2020, 3, 31)
CODE = {"code": "123456", "minutes": "10"}


@pytest.fixture
def subject(house: House) -> str:
    """A former member with an account, an event, and a mail that was sent to them."""
    a_member(house, NUMBER, REFUNDED)
    f = house.foundation
    service = Accounts(f.database, f.clock, f.policy, f.journal)
    subject = service.add(NUMBER, ADDRESS, "とても長い合言葉です", Actor("operator")).subject
    house.record(EventName.SESSION_STARTED, 1, subject, 3)
    with f.database.begin() as tx:
        mail = Mail(MailKind.WELCOME, ADDRESS, "ja", {"name": NAME.full}, subject)
        f.mails.promise(tx, mail, f.clock.now())
        other = Mail(MailKind.WELCOME, "other@mihon.example", "ja", {"name": "別人"}, "other")
        f.mails.promise(tx, other, f.clock.now())
    return subject


def everything(house: House) -> str:
    """Give all rows of all tables as text."""
    database = house.foundation.database
    listed = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if database.is_sqlite
        else "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    with database.read() as tx:
        tables = [row[0] for row in tx.text(listed).fetchall()]
        return "\n".join(
            str(row) for table in tables for row in tx.text(f'SELECT * FROM "{table}"').fetchall()
        )


def test_nothing_that_names_the_person_is_left_and_the_log_verifies(
    house: House, subject: str, tmp_path: Path
) -> None:
    before = everything(house)
    assert ADDRESS in before
    assert NAME.family_kana in before
    house.seal()
    looked = house.said("account", "erase", NUMBER, "--reason", "asked", "--dry-run")
    assert looked["mails"] == 1
    assert ADDRESS in everything(house), "a dry run takes nothing away"
    house.said("account", "erase", NUMBER, "--reason", "asked by letter")
    after = everything(house)
    assert [text for text in GONE if text in after] == []
    assert house.verify(tmp_path) == 0
    pack = "".join(path.read_text() for path in (tmp_path / "pack").iterdir())
    assert [text for text in GONE if text in pack] == []
    mails = [row for row in _mails(house) if row.to is not None]
    assert [mail.to for mail in mails] == ["other@mihon.example"]


def test_what_the_log_says_of_an_erased_person_cannot_be_read(house: House, subject: str) -> None:
    house.said("account", "erase", subject, "--reason", "asked by letter")
    found = house.idp("audit", "search", "--subject", subject, "--format", "json").stdout
    events = [json.loads(line) for line in found.splitlines()]
    started = [event for event in events if event["name"] == "session.started"]
    assert len(started) == 3
    assert [event["source"]["device"] for event in started] == [None, None, None]
    assert "person.erased" in {event["name"] for event in events}


def test_no_key_is_ever_made_again(house: House, subject: str) -> None:
    """What happens to an erased account later is sealed for nobody in particular."""
    house.said("account", "erase", NUMBER, "--reason", "asked by letter")
    (event,) = house.record(EventName.SIGN_IN_REFUSED, 0, subject)
    f = house.foundation
    with f.database.read() as tx:
        keys = tx.text(
            "SELECT person, wrapped IS NULL FROM person_key WHERE person NOT LIKE 'unknown:%'"
        ).fetchall()
        row = tx.text(f"SELECT line FROM audit_event WHERE id = '{event}'").fetchone()
        opened = EventReader(f.persons).open(tx, row[0])
    assert {(person, bool(gone)) for person, gone in keys} == {
        (subject, True),
        (f"member:{NUMBER}", True),
    }
    assert opened["source"]["device"] == BROWSER, "under the month's key for strangers"


def test_a_member_is_not_erased(house: House) -> None:
    a_member(house, "00000018")
    refused = house.idp("account", "erase", "00000018", "--reason", "asked")
    assert refused.returncode == 1
    assert "is a member" in refused.stderr


def test_a_legal_hold_stands_above_an_erasure(house: House, subject: str) -> None:
    hold = house.said("audit", "hold", "add", "member", subject, "--reason", "a claim")
    refused = house.idp("account", "erase", NUMBER, "--reason", "asked")
    assert refused.returncode == 1
    assert hold["id"] in refused.stderr
    assert ADDRESS in everything(house)
    house.said("audit", "hold", "lift", hold["id"], "--reason", "settled")
    house.said("account", "erase", NUMBER, "--reason", "asked")


def test_no_feed_brings_an_erased_person_back(house: House, subject: str) -> None:
    house.said("account", "erase", NUMBER, "--reason", "asked")
    f = house.foundation
    feed = (
        "組合員番号,姓,名,姓カナ,名カナ,通称,生年月日,勤務状況,勤務先,郵便番号,都道府県,市区町村,番地等,"
        "電話番号,メールアドレス,出資金入金日,脱退届受理日,返還予定日,出資金返還日\n"
        f"{NUMBER},見本,花子,ミホン,ハナコ,,1950-01-02,退職,見本小学校,100-0001,東京都,千代田区,"
        f"{STREET},03-1234-5678,{ADDRESS},2001-04-01,,,2020-03-31\n"
    )
    register = Register(f.database, f.clock, f.journal)
    report = register.import_file(feed.encode(), Actor("operator"), apply=True)
    assert report.bad == []
    assert (report.created, report.updated, report.unchanged) == (0, 0, 1)
    with f.database.read() as tx:
        found = members.get(tx, NUMBER)
    assert NAME.family_kana not in str(found)
    assert found.capital_refunded_on == REFUNDED, "what the co-operative accounts for is kept"


def test_the_list_outside_comes_before_the_commit(house: House, subject: str) -> None:
    """Killed between the line and the commit, the next one who looks finishes it."""
    script = (
        "import os, signal\n"
        "from idp.cli.output import foundation, operator\n"
        "from idp.assembly.retention import build_eraser\n"
        "from idp.erasure.record import ErasedFile\n"
        "append = ErasedFile.append\n"
        "def die(self, entry):\n"
        "    append(self, entry)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "ErasedFile.append = die\n"
        f"build_eraser(foundation()).erase('{NUMBER}', 'asked', operator())\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **house.environment},
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert ADDRESS in everything(house), "it was not committed"
    eraser = build_eraser(house.foundation)
    assert [entry.number for entry in eraser.file.entries()] == [NUMBER]
    assert eraser.finish() == 1
    assert [text for text in GONE if text in everything(house)] == []
    assert eraser.finish() == 0


def test_the_list_survives_a_torn_line(tmp_path: Path) -> None:
    file = ErasedFile(tmp_path / "erased")
    file.append(Entry("one", "00000001", "2026-01-01"))
    with file.path.open("a") as torn:
        torn.write('{"number": "0000')
    file.append(Entry("two", "00000002", "2026-01-02"))
    assert [entry.subject for entry in file.entries()] == ["one", "two"]


def test_an_erased_address_is_free_again(house: House, subject: str) -> None:
    house.said("account", "erase", NUMBER, "--reason", "asked")
    a_member(house, "00000019")
    f = house.foundation
    service = Accounts(f.database, f.clock, f.policy, f.journal)
    service.add("00000019", ADDRESS, "とても長い合言葉です", Actor("operator"))
    with f.database.read() as tx:
        assert accounts.find(tx, subject) is not None
        assert changes.list_of(tx, subject, 10) == []


def _mails(house: House) -> list[Mail]:
    f = house.foundation
    with f.database.read() as tx:
        rows = tx.text("SELECT payload FROM outbox_message WHERE kind = 'mail'").fetchall()
    return [f.mails.open_payload(row[0]) for row in rows]


def test_a_hold_placed_after_a_crash_stops_the_erasure_until_it_is_lifted(
    house: House, subject: str
) -> None:
    """The line was written and its commit was not: the person is still here, and held since."""
    f = house.foundation
    eraser = build_eraser(f)
    eraser.file.append(Entry(subject, NUMBER, f.clock.now().isoformat()))
    hold = house.said("audit", "hold", "add", "member", NUMBER, "--reason", "a claim")
    assert eraser.finish() == 0
    assert ADDRESS in everything(house)
    house.said("audit", "hold", "lift", hold["id"], "--reason", "settled")
    assert eraser.finish() == 1
    assert [text for text in GONE if text in everything(house)] == []
    *_, last = eraser.file.entries()
    assert [last] == eraser.file.newest()
    with f.database.read() as tx:
        placed_at = tx.text("SELECT placed_at FROM legal_hold").fetchone()[0]
    assert to_micros(last.moment) > placed_at, "a backup from under the hold is erased again too"


def test_a_hold_that_was_lifted_before_the_erasure_does_not_come_back_with_a_backup(
    house: House, subject: str
) -> None:
    f = house.foundation
    house.said("audit", "hold", "add", "member", NUMBER, "--reason", "a claim")
    eraser = build_eraser(f)
    eraser.file.append(Entry(subject, NUMBER, f.clock.now().isoformat()))
    assert eraser.finish() == 1
    assert [text for text in GONE if text in everything(house)] == []


def test_what_was_begun_with_an_address_goes_too(house: House) -> None:
    """CWE-459: registrations and mailed codes carry addresses and no subject."""
    a_member(house, NUMBER, REFUNDED)
    a_member(house, "00000018", REFUNDED)
    f = house.foundation
    now, first, second = f.clock.now(), "first.typed@mihon.example", "Second.Typed@mihon.example"
    with f.database.begin() as tx:
        for flow, number, address in (
            ("f" * 64, NUMBER, second),
            ("e" * 64, "00000018", second.lower()),
        ):
            tx.text(
                "INSERT INTO registration (handle_hash, browser_hash, selector, member_number,"
                f" address, created_at, expires_at) VALUES ('{flow}', '{flow}', '{flow[:8]}',"
                f" '{number}', '{address}', 1, 2)"
            )
        for address in (first, second):  # the first was typed, then replaced
            f.proving.issue(
                tx, Purpose.REGISTER, "f" * 64, now, timedelta(hours=1), address=address
            )
            f.mails.promise(tx, Mail(MailKind.REGISTER_CODE, address, "ja", CODE), now)
    looked = house.said("account", "erase", NUMBER, "--reason", "asked", "--dry-run")
    assert looked["mails"] == 2
    house.said("account", "erase", NUMBER, "--reason", "asked")
    assert "typed@" not in everything(house).lower()
    assert _mails(house) == []
