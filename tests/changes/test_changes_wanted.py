"""What a member typed, field by field: kept as typed where it must be, or refused with a reason."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.changes.model import FIELDS, Fault, Kind, Wrong
from idp.changes.texts import FIELD_NAMES, KINDS, STATES, WRONG
from idp.changes.wanted import current_fields, name_of, read_wanted
from idp.members.model import Address, Dated, Employment, Member, Name

TODAY = date(2026, 11, 23)
NAME = {
    "family_name": "見本",
    "given_name": "太郎",
    "family_kana": "ミホン",
    "given_kana": "タロウ",
}
PLACE = {
    "postal_code": "100-0001",
    "region": "東京都",
    "locality": "架空市",
    "street_address": "見本町1-1-1",
}


def member(name: Name | None = None) -> Member:
    known = name or Name("見本", "太郎", "ミホン", "タロウ")
    return Member(
        "00000101",
        date(1984, 5, 12),
        Employment.WORKING,
        "",
        (Dated(known, date(2020, 4, 1)),),
        (Dated(Address("000-0000", "東京都", "架空市", "例示台2-3-4"), date(2020, 4, 1)),),
        (Dated("+819000000101", date(2020, 4, 1)),),
    )


def wrongs(kind: Kind, typed: dict[str, str], who: Member | None = None) -> dict[str, Wrong]:
    read = read_wanted(kind, typed, who or member(), TODAY)
    return {fault.field: fault.wrong for fault in read} if isinstance(read, list) else {}


@pytest.mark.parametrize(
    "family", ["髙﨑", "\ufa19田", "𠮷野", "葛\U000e0100城", "邉", "はしごだか"]
)
def test_old_forms_are_kept_as_typed(family: str) -> None:
    read = read_wanted(Kind.NAME, NAME | {"family_name": f" {family}\u3000"}, member(), TODAY)
    assert isinstance(read, dict)
    assert name_of(read).family == family


def test_readings_and_numbers_are_read_in_every_width() -> None:
    typed = NAME | {"family_name": "例示", "family_kana": "れいじ", "given_kana": "ﾀﾛｳ"}
    read = read_wanted(Kind.NAME, typed, member(), TODAY)
    assert isinstance(read, dict)
    assert (read["family_kana"], read["given_kana"]) == ("レイジ", "タロウ")
    place = read_wanted(
        Kind.ADDRESS, PLACE | {"postal_code": "〒１００ー０００１"}, member(), TODAY
    )
    assert isinstance(place, dict)
    assert place["postal_code"] == "100-0001"
    for typed_phone in (
        "０９０－１２３４－５６７８",
        "+81 90 1234 5678",
        "09012345678",
        "(090)1234 5678",
    ):
        phone = read_wanted(Kind.PHONE, {"phone_number": typed_phone}, member(), TODAY)
        assert phone == {"phone_number": "+819012345678"}, typed_phone


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", Wrong.MISSING),
        (" \u3000\n", Wrong.MISSING),
        ("\ue000本", Wrong.GAIJI),
        ("\U000f0001", Wrong.GAIJI),
        ("見\U0001f600", Wrong.CHARACTER),
        ("見?", Wrong.LOST),
        ("〓本", Wrong.LOST),
        ("見\u202e本", Wrong.CHARACTER),
        ("見\x00本", Wrong.CHARACTER),
        ("\ud800", Wrong.CHARACTER),
        ("見\n本", Wrong.CHARACTER),
        ("見" * 61, Wrong.TOO_LONG),
    ],
)
def test_a_family_name_that_cannot_be_kept_says_why(text: str, wrong: Wrong) -> None:
    assert wrongs(Kind.NAME, NAME | {"family_name": text}) == {"family_name": wrong}


def test_every_bad_field_is_told_at_once() -> None:
    typed = {"postal_code": "12", "region": "東京", "locality": "", "street_address": "1\n2"}
    assert wrongs(Kind.ADDRESS, typed) == {
        "postal_code": Wrong.POSTAL_CODE,
        "region": Wrong.REGION,
        "locality": Wrong.MISSING,
    }
    assert wrongs(Kind.PHONE, {"phone_number": "1234"}) == {"phone_number": Wrong.PHONE}


def test_a_given_name_is_missed_only_where_there_was_one() -> None:
    single = NAME | {"given_name": "", "given_kana": "", "family_name": "サンプリノ"}
    assert wrongs(Kind.NAME, single) == {"given_name": Wrong.MISSING, "given_kana": Wrong.MISSING}
    mononym = member(Name("サンプリナ", "", "サンプリナ", ""))
    assert wrongs(Kind.NAME, single, mononym) == {}
    half = single | {"given_name": "新"}
    assert wrongs(Kind.NAME, half, mononym) == {"given_kana": Wrong.MISSING}


def test_a_name_in_use_stays_unless_it_is_sent() -> None:
    known = member(Name("見本", "太郎", "ミホン", "タロウ", "雛形 太郎"))
    new = NAME | {"family_name": "例示"}
    kept = read_wanted(Kind.NAME, new, known, TODAY)
    given_up = read_wanted(Kind.NAME, new | {"name_in_use": ""}, known, TODAY)
    assert isinstance(kept, dict)
    assert isinstance(given_up, dict)
    assert name_of(kept).name_in_use == "雛形 太郎"
    assert name_of(given_up).name_in_use is None


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_on_record_already_is_no_change(kind: Kind) -> None:
    now = current_fields(kind, member(), TODAY)
    if kind is Kind.ADDRESS:
        now["postal_code"] = "0000000"
    assert read_wanted(kind, now, member(), TODAY) == [Fault(FIELDS[kind][0], Wrong.UNCHANGED)]


@given(st.sampled_from(list(Kind)), st.data())
def test_whatever_is_typed_is_read_or_refused(kind: Kind, data: st.DataObject) -> None:
    typed = {name: data.draw(st.text(max_size=300)) for name in FIELDS[kind]}
    read = read_wanted(kind, typed, member(), TODAY)
    if isinstance(read, list):
        assert {fault.field for fault in read} <= set(FIELDS[kind])
    else:
        assert set(read) == set(FIELDS[kind])
        assert read_wanted(kind, read, member(), TODAY) == read, "reading is stable"


def test_every_kind_field_state_and_fault_has_words() -> None:
    assert set(KINDS) == set(Kind)
    assert set(WRONG) == set(Wrong)
    assert len(STATES) == 4
    assert {name for names in FIELDS.values() for name in names} == set(FIELD_NAMES)
