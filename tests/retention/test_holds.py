"""Legal holds: what one covers stays, whatever its age, until it is lifted."""

from __future__ import annotations

from audit.names import EventName
from tests.retention.house import House

NAME = EventName.CLAIMS_READ


def add_member(house: House, number: str = "00000017") -> str:
    """Make a member with an account; answers the subject."""
    from idp.accounts.service import Accounts
    from tests.retention.people import a_member

    f = house.foundation
    a_member(house, number)
    service = Accounts(f.database, f.clock, f.policy, f.journal)
    from audit.event import Actor

    made = service.add(
        number, f"m{number}@mihon.example", "とても長い合言葉です", Actor("operator")
    )
    return made.subject


def test_a_hold_on_a_member_keeps_every_event_that_names_them(house: House) -> None:
    subject = add_member(house)
    held = house.record(NAME, 900, subject, 3)
    held += house.record(EventName.CHANGE_FILED, 4000, "another", data={"about": "00000017"})
    other = house.record(NAME, 900, "another", 3)
    house.seal_past()
    placed = house.said("audit", "hold", "add", "member", "00000017", "--reason", "a claim")
    rows = {row["class"]: row for row in house.said("audit", "purge")}
    assert (rows["access"]["events"], rows["access"]["held"]) == (3, 3)
    assert house.bodies() >= set(held)
    assert not house.bodies() & set(other)
    house.said("audit", "hold", "lift", placed["id"], "--reason", "settled")
    assert house.idp("audit", "hold", "list").returncode == 1
    house.said("audit", "purge")
    assert not house.bodies() & set(held)


def test_holds_on_a_case_and_on_a_reference(house: House) -> None:
    by_code = house.record(EventName.SIGN_IN_REFUSED, 900, reference="ABCD2345")
    by_case = house.record(NAME, 900, "somebody", data={"case": "case-17"})
    other = house.record(NAME, 900, "somebody", data={"case": "case-171"})
    house.seal_past()
    house.said("audit", "hold", "add", "reference", "ABCD2345", "--reason", "a complaint")
    house.said("audit", "hold", "add", "case", "case-17", "--reason", "a complaint")
    house.said("audit", "purge")
    assert house.bodies() >= {*by_code, *by_case}
    assert not house.bodies() & set(other)


def test_a_held_month_keeps_its_key(house: House) -> None:
    house.record(EventName.SIGN_IN_REFUSED, 900, reference="ABCD2345")
    house.record(EventName.SIGN_IN_REFUSED, 1000)
    house.seal_past()
    house.said("audit", "hold", "add", "reference", "ABCD2345", "--reason", "a complaint")
    house.said("audit", "purge")
    with house.foundation.database.read() as tx:
        rows = tx.text(
            "SELECT person, wrapped IS NULL FROM person_key WHERE person LIKE 'unknown:%'"
            " ORDER BY person"
        ).fetchall()
    assert [bool(gone) for _, gone in rows][:2] == [True, False]


def test_nobody_is_refused_and_every_act_is_an_event(house: House) -> None:
    refused = house.idp("audit", "hold", "add", "member", "99999999", "--reason", "x")
    assert refused.returncode == 1
    later = ("--not-seen-yet", "--reason", "a complaint")
    placed = house.said("audit", "hold", "add", "case", "c-1", *later)
    house.said("audit", "hold", "lift", placed["id"], "--reason", "settled")
    assert house.idp("audit", "hold", "lift", placed["id"], "--reason", "again").returncode == 1
    with house.foundation.database.read() as tx:
        rows = tx.text("SELECT name FROM audit_event WHERE name LIKE 'hold.%' ORDER BY position")
        assert [row[0] for row in rows.fetchall()] == ["hold.placed", "hold.lifted"]


def test_a_hold_on_what_nothing_names_is_refused_unless_told(house: House) -> None:
    """A code that was mistyped by one letter would hold nothing, and nobody would know."""
    house.record(EventName.SIGN_IN_REFUSED, 1, reference="ABCD2345")
    house.record(NAME, 1, "somebody", data={"case": "case_17"})
    for kind, wrong in (
        ("reference", "ABCD2346"),
        ("reference", "ABCD"),
        ("case", "case-17"),
        ("case", "case%"),
        ("member", "99999999"),
    ):
        refused = house.idp("audit", "hold", "add", kind, wrong, "--reason", "a complaint")
        assert (refused.returncode, "--not-seen-yet" in refused.stderr) == (1, True), wrong
    long = house.idp("audit", "hold", "add", "case", "x" * 80, "--reason", "x", "--not-seen-yet")
    assert long.returncode == 1
    assert house.idp("audit", "hold", "list").returncode == 1, "nothing was placed"
    house.said("audit", "hold", "add", "case", "case_17", "--reason", "a complaint")
    house.said("audit", "hold", "add", "member", "99999999", "--not-seen-yet", "--reason", "x")
    assert len(house.said("audit", "hold", "list")) == 2
