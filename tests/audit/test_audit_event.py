"""Events: what may enter a record, and personal values that only their key can read."""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest
from audit_packs import START, encrypt
from hypothesis import given
from hypothesis import strategies as st

from audit import personal
from audit.canonical import canonical, parse
from audit.event import (
    Actor,
    Event,
    EventValueError,
    Personal,
    Source,
    new_id,
    reveal,
    to_record,
)  # fmt: skip
from audit.inventory import INVENTORY, RetentionClass
from audit.lines import EVENT_ID
from audit.names import EventName


class Color(StrEnum):
    RED = "red"


def event(**changes: object) -> Event:
    members: dict[str, object] = {
        "id": new_id(START),
        "occurred_at": START,
        "name": EventName.TOKEN_ISSUED,
        "outcome": "done",
        "actor": Actor("member", "m-1"),
    }
    return Event(**(members | changes))  # type: ignore[arg-type]


def test_none_is_left_out_and_data_keeps_its_null() -> None:
    record = to_record(event(client="portal", data={"a": None, "b": [1, (True,)]}), encrypt)
    assert set(record) == {"id", "occurred_at", "name", "outcome", "actor", "client", "data"}
    assert record["actor"] == {"kind": "member", "id": "m-1"}
    assert record["data"] == {"a": None, "b": [1, [True]]}
    assert parse(canonical(record)) == record


def test_enumerations_become_plain_strings() -> None:
    record = to_record(event(client=Color.RED, data={Color.RED: Color.RED}), encrypt)
    assert type(record["client"]) is str
    assert canonical(record)


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "perhaps"},
        {"name": "token.eaten"},
        {"occurred_at": datetime(2026, 7, 1)},  # noqa: DTZ001 - the refusal is the point
        {"client": "a\0b"},
        {"client": "\ud800"},
        {"client": 5},
        {"client": {"a": 1}},
        {"client": "x" * 70_000},
        {"actor": Actor("member", 7)},  # type: ignore[arg-type]
        {"subject": Personal("\udfff", "p")},
        {"source": Source(Personal("a\0", "p"))},
        {"data": {"a": 1.5}},
        {"data": {"a": 2**53}},
        {"data": {"a": -(2**53)}},
        {"data": {"a": b"x"}},
        {"data": {"a": {1}}},
        {"data": {1: "a"}},
        {"data": {"\0": 1}},
        {"data": {"x": {"enc": "v1"}}},
        {"data": [1]},
        {"decision": "no"},
    ],
)
def test_what_must_not_enter_the_log(changes: dict[str, object]) -> None:
    if changes.get("data") == [1] or changes.get("decision") == "no":
        with pytest.raises(EventValueError, match="not an object"):
            to_record(event(**changes), encrypt)
        return
    with pytest.raises(EventValueError):
        to_record(event(**changes), encrypt)


def test_depth_is_bounded_and_never_a_recursion_error() -> None:
    deep: dict[str, object] = {}
    deep["a"] = deep
    with pytest.raises(EventValueError, match="levels"):
        to_record(event(data=deep), encrypt)


def test_personal_values_round_trip_and_vanish_with_their_key() -> None:
    made = event(
        subject=Personal("山田", "p1"),
        source=Source(Personal("192.0.2.1", "p2")),
        data={"names": [Personal("花子", "p1")], "a.b": {"c": Personal("x", "p1")}},
    )
    record = parse(canonical(to_record(made, encrypt)))
    assert "山田".encode() not in canonical(record)

    def decrypt(sealed: dict[str, str], aad: bytes) -> str | None:
        return None if sealed["key"] == "p2" else personal.unseal(sealed, b"k" * 32, aad)

    shown = reveal(record, decrypt)  # type: ignore[arg-type]
    assert shown["subject"] == "山田"
    assert shown["data"] == {"names": ["花子"], "a.b": {"c": "x"}}
    assert shown["source"] == {"address": None}


def test_ciphertexts_cannot_be_moved() -> None:
    one = to_record(event(data={"a": Personal("x", "p"), "b": {"c": Personal("y", "p")}}), encrypt)
    places = [("data", "b.c"), ("data", "a"), ("subject", "")]
    for member, rest in places[1:]:
        moved = dict(one)
        sealed = one["data"]["b"]["c"]
        moved[member] = {**one["data"], rest: sealed} if rest else sealed
        with pytest.raises(personal.SealBroken):
            reveal(moved, lambda s, aad: personal.unseal(s, b"k" * 32, aad))
    with pytest.raises(personal.SealBroken):  # nor to a member whose name looks like the path
        reveal({**one, "data": {"b.c": one["data"]["b"]["c"]}},
               lambda s, aad: personal.unseal(s, b"k" * 32, aad))  # fmt: skip
    with pytest.raises(personal.SealBroken):
        reveal({**one, "id": new_id(START)}, lambda s, aad: personal.unseal(s, b"k" * 32, aad))


@given(
    st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 10_000), st.integers(1, 63)
)
def test_a_broken_seal_is_noticed(value: str, at: int, flip: int) -> None:
    sealed = personal.seal(value, "p", b"k" * 32, b"aad")
    assert personal.unseal(sealed, b"k" * 32, b"aad") == value
    with pytest.raises(personal.SealBroken):
        personal.unseal(sealed, b"K" * 32, b"aad")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = sealed["ct"]
    at %= len(text.rstrip("="))
    other = alphabet[(alphabet.index(text[at]) + flip) % 64]
    with pytest.raises(personal.SealBroken):
        personal.unseal({**sealed, "ct": text[:at] + other + text[at + 1 :]}, b"k" * 32, b"aad")


def test_seals_need_a_whole_key_and_a_whole_object() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        personal.seal("a", "p", b"short", b"")
    for bad in ({}, {"enc": "v1", "key": "p", "ct": "!"}, {"enc": "v1", "key": "p", "ct": "AA=="}):
        with pytest.raises(personal.SealBroken):
            personal.unseal(bad, b"k" * 32, b"")


def test_ids_increase_and_carry_their_time() -> None:
    fixed = [new_id(START) for _ in range(10_000)]
    assert fixed == sorted(set(fixed))
    assert all(EVENT_ID.fullmatch(one) for one in fixed[:100])
    later = START + timedelta(hours=1)
    assert new_id(later).replace("-", "")[:12] == f"{int(later.timestamp() * 1000):012x}"
    assert new_id(datetime(2026, 1, 1, tzinfo=UTC)) < fixed[0]


def test_every_name_is_described() -> None:
    assert set(INVENTORY) == set(EventName)
    for name, described in INVENTORY.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", name)
        assert described.what.endswith(".")
        assert described.retention_class in RetentionClass
        assert name.name.lower() == name.replace(".", "_")
