"""Dated facts: what holds on which day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.members.errors import BadMemberNumber
from idp.members.model import (
    Address,
    Dated,
    Employment,
    Member,
    Name,
    address_on,
    from_day,
    name_on,
    phone_on,
)
from idp.members.number import parse_member_number

BEFORE = Name("見本", "花子", "ミホン", "ハナコ")
AFTER = Name("例示", "花子", "レイジ", "ハナコ")
D1, D2, D3 = date(2020, 1, 1), date(2026, 4, 1), date(2026, 11, 1)
HOME = Address("100-0001", "東京都", "架空市", "1-1")


def member() -> Member:
    return Member(
        "00000001", date(1980, 1, 1), Employment.WORKING, "みほん小学校",
        names=(Dated(BEFORE, D1), Dated(AFTER, D2)),
        addresses=(Dated(HOME, D2), Dated(None, D3)),
        phones=(Dated("+81300000001", D2),),
    )  # fmt: skip


def test_the_entry_that_holds_answers() -> None:
    assert name_on(member(), date(2019, 1, 1)) == BEFORE
    assert name_on(member(), date(2026, 3, 31)) == BEFORE
    assert name_on(member(), D2) == AFTER
    assert address_on(member(), date(2026, 3, 31)) is None
    assert address_on(member(), D2) == HOME
    assert address_on(member(), D3) is None
    assert phone_on(member(), D1) is None
    assert phone_on(member(), D3) == "+81300000001"


def test_names_are_shown_with_one_full_width_space() -> None:
    assert BEFORE.full == "見本　花子"
    assert BEFORE.full_kana == "ミホン　ハナコ"
    assert Name("サンプリナ", "", "サンプリナ", "").full == "サンプリナ"
    assert Name("サンプリナ", "", "サンプリナ", "").full_kana == "サンプリナ"
    assert BEFORE.shown == "見本　花子"
    assert Name("見本", "花子", "ミホン", "ハナコ", "例示　花").shown == "例示　花"


@given(st.lists(st.tuples(st.integers(), st.dates()), max_size=12))
def test_entries_stay_sorted_and_the_last_word_of_a_day_counts(
    entries: list[tuple[int, date]],
) -> None:
    held: tuple[Dated[int], ...] = ()
    for value, day in entries:
        held = from_day(held, value, day)
    assert [(entry.from_on, entry.value) for entry in held] == sorted(
        {day: value for value, day in entries}.items()
    )


@pytest.mark.parametrize("text", ["00012345", "０００１２３４５", " 00012345　"])
def test_reads_member_numbers(text: str) -> None:
    assert parse_member_number(text) == "00012345"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("12345", "leading zeros"),
        ("", "empty"),
        ("000123456", "more than 8"),
        ("0001234a", "digits"),
        ("0001 234", "digits"),
        ("-0012345", "digits"),
        ("0001234\x00", "digits"),
        ("٠٠٠١٢٣٤٥", "digits"),
    ],
)
def test_refuses_other_member_numbers(text: str, words: str) -> None:
    with pytest.raises(BadMemberNumber) as caught:
        parse_member_number(text)
    assert words in caught.value.detail
