"""What a file would change: create, update with dated entries, or nothing at all."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.register import register_csv
from idp.members.changes import Create, Unchanged, Update, plan
from idp.members.model import (
    Address,
    Dated,
    Employment,
    Member,
    MembershipDates,
    Name,
    from_day,
    name_on,
    phone_on,
)
from idp.members.register_columns import JAPANESE
from idp.members.register_file import RegisterRow, parse_register

FIRST, LATER = date(2026, 4, 1), date(2026, 11, 1)
ALL = frozenset(JAPANESE)
ROW = RegisterRow(
    line=2,
    member_number="00000001",
    name=Name("見本", "花子", "ミホン", "ハナコ", "例示　花"),
    birth_on=date(1980, 1, 1),
    employment=Employment.WORKING,
    workplace="みほん小学校",
    address=Address("100-0001", "東京都", "架空市", "1-1"),
    phone="+81300000001",
    email="hanako@mihon.example",
    dates=MembershipDates(date(2010, 4, 30)),
    columns=ALL,
)


def created(row: RegisterRow = ROW) -> Member:
    change = plan(None, row, FIRST)
    assert isinstance(change, Create)
    return change.member


def updated(current: Member, row: RegisterRow, on: date = LATER) -> Update:
    change = plan(current, row, on)
    assert isinstance(change, Update)
    return change


def test_a_new_member_is_created_with_dated_facts() -> None:
    member = created()
    assert member.names == (Dated(ROW.name, FIRST),)
    assert member.addresses == (Dated(ROW.address, FIRST),)
    assert member.phones == (Dated(ROW.phone, FIRST),)
    assert member.dates == ROW.dates
    assert created(replace(ROW, address=None, phone=None)).addresses == ()


def test_a_new_name_holds_from_the_day_on_and_keeps_the_old_one() -> None:
    married = replace(ROW.name, family="例示", family_kana="レイジ")
    change = updated(created(), replace(ROW, name=married))
    assert change.fields == {"name": (ROW.name, married)}
    assert name_on(change.after, date(2026, 10, 31)) == ROW.name
    assert name_on(change.after, LATER) == married
    assert change.before == created()


def test_facts_without_a_date_are_replaced() -> None:
    dates = MembershipDates(date(2010, 4, 30), date(2026, 3, 1), date(2027, 7, 31))
    row = replace(ROW, employment=Employment.RETIRED, workplace="", dates=dates)
    change = updated(created(), row)
    assert change.fields == {
        "employment": (Employment.WORKING, Employment.RETIRED),
        "workplace": ("みほん小学校", ""),
        "withdrawal_accepted_on": (None, date(2026, 3, 1)),
        "refund_planned_on": (None, date(2027, 7, 31)),
    }
    assert change.after.dates == dates


def test_a_payment_reversed_is_taken_back() -> None:
    change = updated(created(), replace(ROW, dates=MembershipDates()))
    assert change.fields == {"capital_paid_on": (date(2010, 4, 30), None)}
    assert change.after.capital_paid_on is None


def test_an_empty_cell_clears_and_an_absent_column_does_not() -> None:
    emptied = replace(ROW, phone=None, address=None, email=None, workplace="",
                      name=replace(ROW.name, name_in_use=None))  # fmt: skip
    change = updated(created(), emptied)
    assert set(change.fields) == {"phone", "address", "email", "workplace", "name"}
    assert phone_on(change.after, LATER) is None
    assert phone_on(change.after, date(2026, 10, 31)) == ROW.phone
    absent = {"phone_number", "email", "workplace", "name_in_use", "region", "locality",
              "postal_code", "street_address"}  # fmt: skip
    assert plan(created(), replace(emptied, columns=ALL - absent), LATER) == Unchanged("00000001")


def test_a_second_correction_on_the_same_day_replaces_the_first() -> None:
    once = updated(created(), replace(ROW, phone="+81300000002")).after
    twice = updated(once, replace(ROW, phone="+81300000003")).after
    assert [entry.value for entry in twice.phones] == [ROW.phone, "+81300000003"]


def test_a_change_already_dated_ahead_stays() -> None:
    ahead = replace(ROW.name, family="例示", family_kana="レイジ")
    member = replace(created(), names=from_day(created().names, ahead, date(2026, 12, 1)))
    assert plan(member, ROW, LATER) == Unchanged("00000001")


def test_rows_are_compared_with_their_own_member_only() -> None:
    with pytest.raises(ValueError, match="own number"):
        plan(created(), replace(ROW, member_number="00000002"), LATER)


ROWS = st.builds(
    replace,
    st.just(ROW),
    name=st.builds(Name, st.sampled_from("見例"), st.sampled_from(["", "花"]), st.just("ミ"),
                   st.sampled_from(["", "ハ"]), st.none() | st.just("通")),
    phone=st.none() | st.sampled_from(["+81300000001", "+81300000002"]),
    address=st.none() | st.just(ROW.address) | st.just(Address("", "", "架空市", "2")),
    email=st.none() | st.just("a@mihon.example"),
    employment=st.sampled_from(Employment),
    dates=st.builds(MembershipDates, *[st.none() | st.dates()] * 4),
    columns=st.sampled_from([ALL, ALL - {"name_in_use"}, ALL - {"phone_number", "email"}]),
)  # fmt: skip


@given(st.lists(st.tuples(ROWS, st.dates(date(2026, 1, 1), date(2026, 1, 9))), min_size=1))
def test_a_repeated_import_changes_nothing(imports: list[tuple[RegisterRow, date]]) -> None:
    member: Member | None = None
    for row, day in imports:
        change = plan(member, row, day)
        if isinstance(change, Create):
            member = change.member
        elif isinstance(change, Update):
            assert change.before is member
            assert change.fields
            member = change.after
        assert plan(member, row, day) == Unchanged(row.member_number)


def test_the_demo_register_a_second_time_changes_nothing() -> None:
    rows = parse_register(register_csv(LATER)).rows
    for row in rows:
        change = plan(None, row, LATER)
        assert isinstance(change, Create)
        assert plan(change.member, row, LATER) == Unchanged(row.member_number)


def test_a_file_that_names_fewer_columns_still_creates() -> None:
    text = register_csv(LATER).decode("utf-8-sig")
    wanted = [name for name in JAPANESE.values() if name not in ("通称", "勤務先")]
    table = list(csv.DictReader(io.StringIO(text)))
    out = io.StringIO()
    writer = csv.DictWriter(out, wanted, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(table)
    parsed = parse_register(out.getvalue().encode("cp932"))
    assert not parsed.bad
    assert len(parsed.rows) == len(table)
