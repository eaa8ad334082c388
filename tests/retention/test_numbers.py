"""Members known by number alone: held, erased, and readable as long as their events stay."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.accounts.service import Accounts
from idp.assembly.audit_search import build_index
from idp.audit_search.model import Criteria
from idp.audit_search.service import AuditSearch
from idp.audit_search.terms import Kind
from idp.journal.reading import EventReader
from idp.members.service import Register
from idp.subjects.service import PersonKeys, told_of
from tests.retention.house import House
from tests.retention.people import a_member

NUMBER, OTHER = "00000017", "00000018"
REFUNDED = date(2020, 3, 31)
HEAD = (
    "組合員番号,姓,名,姓カナ,名カナ,通称,生年月日,勤務状況,勤務先,郵便番号,都道府県,市区町村,番地等,"
    "電話番号,メールアドレス,出資金入金日,脱退届受理日,返還予定日,出資金返還日\n"
)
ROW = (
    "{},見本,花子,ミホン,ハナコ,,1950-01-02,退職,見本小学校,100-0001,東京都,千代田区,見本町一丁目,"
    "03-1234-5678,,2001-04-01,,,2020-03-31\n"
)


def opened(house: House, event: str) -> dict[str, Any]:
    """Read one event as this deployment can, with nothing cached."""
    f = house.foundation
    reader = EventReader(PersonKeys(f.database, f.master))
    with f.database.read() as tx:
        row = tx.text(f"SELECT line FROM audit_event WHERE id = '{event}'").fetchone()
        return reader.open(tx, row[0])


def about(house: House, number: str, name: EventName, days_ago: float) -> str:
    (event,) = house.record(name, days_ago, data={"member": told_of(number)})
    return event


def test_erasing_a_member_without_account_closes_what_the_register_told(house: House) -> None:
    """CWE-212: the number stood under the key of a month, which outlived the person."""
    f = house.foundation
    register = Register(f.database, f.clock, f.journal)
    feed = HEAD + ROW.format(NUMBER) + ROW.format(OTHER)
    assert register.import_file(feed.encode(), Actor("operator"), apply=True).created == 2
    with f.database.read() as tx:
        rows = tx.text("SELECT id FROM audit_event WHERE name = 'member.created' ORDER BY position")
        events = [row[0] for row in rows.fetchall()]
    assert [opened(house, one)["data"]["member"] for one in events] == [NUMBER, OTHER]
    house.said("account", "erase", NUMBER, "--reason", "asked by letter")
    assert [opened(house, one)["data"]["member"] for one in events] == [None, OTHER]


def test_a_register_event_is_readable_after_the_key_of_its_month_is_gone(house: House) -> None:
    event = about(house, NUMBER, EventName.MEMBER_UPDATED, 1000)
    house.seal_past()
    house.said("audit", "purge")
    read = opened(house, event)
    assert read["source"]["address"] is None, "the month of its strangers is over"
    assert read["data"]["member"] == NUMBER


def test_a_hold_covers_a_member_without_account(house: House) -> None:
    a_member(house, NUMBER)
    held = about(house, NUMBER, EventName.MEMBER_UPDATED, 4000)
    other = about(house, OTHER, EventName.MEMBER_UPDATED, 4000)
    house.seal_past()
    house.said("audit", "hold", "add", "member", NUMBER, "--reason", "a claim")
    with house.foundation.database.read() as tx:
        row = tx.text("SELECT line FROM audit_event WHERE name = 'hold.placed'").fetchone()
    assert NUMBER not in row[0]
    assert "subject" not in json.loads(row[0])
    house.said("audit", "purge")
    assert held in house.bodies()
    assert other not in house.bodies()


def test_a_hold_goes_on_when_the_member_makes_an_account(house: House) -> None:
    a_member(house, NUMBER, REFUNDED)
    house.said("audit", "hold", "add", "member", NUMBER, "--reason", "a claim")
    f = house.foundation
    service = Accounts(f.database, f.clock, f.policy, f.journal)
    made = service.add(NUMBER, "m17@mihon.example", "とても長い合言葉です", Actor("operator"))
    (held,) = house.record(EventName.CLAIMS_READ, 900, made.subject)
    (other,) = house.record(EventName.CLAIMS_READ, 900, "somebody else")
    house.seal_past()
    house.said("audit", "purge")
    assert held in house.bodies()
    assert other not in house.bodies()
    refused = house.idp("account", "erase", NUMBER, "--reason", "asked")
    assert (refused.returncode, "legal hold" in refused.stderr) == (1, True)


def test_terms_of_a_months_strangers_go_with_its_key(house: House) -> None:
    """CWE-212: an address that nobody can read any more could still be searched for."""
    about(house, NUMBER, EventName.MEMBER_UPDATED, 1000)
    about(house, NUMBER, EventName.MEMBER_UPDATED, 10)
    house.seal_past()
    index = build_index(house.foundation)
    index.run()
    assert _addresses(house) == 3
    house.said("audit", "purge")
    assert _addresses(house) == 2
    index.run()
    assert _addresses(house) == 2, "what is indexed after it brings nothing back"


def test_terms_of_a_registration_go_with_the_member(house: House) -> None:
    a_member(house, NUMBER, REFUNDED)
    house.record(
        EventName.REGISTRATION_STARTED,
        10,
        data={"member": told_of(NUMBER)},
        person=told_of(NUMBER).person,
    )
    house.seal_past()
    build_index(house.foundation).run()
    assert _addresses(house) == 2
    house.said("account", "erase", NUMBER, "--reason", "asked by letter")
    assert _addresses(house) == 1
    f = house.foundation
    search = AuditSearch(f.database, f.persons, build_index(f))
    assert search.page(Criteria(member=NUMBER), 10).found == ()


def _addresses(house: House) -> int:
    """Count the events that are found by an address."""
    with house.foundation.database.read() as tx:
        rows = tx.text(f"SELECT position FROM audit_term WHERE term & 7 = {Kind.ADDRESS:d}")
        return len({row[0] for row in rows.fetchall()})
