"""RFC 8785 for the value set, held against a second, slow implementation."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import MAX_INT, NotCanonical, canonical, parse
from audit.lines import EventReader

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INT, MAX_INT) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
RECORD = st.dictionaries(TEXT, VALUE, max_size=6)


def slow(value: object) -> str:
    """RFC 8785 3.2 read literally, character by character."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(slow_character(c) for c in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(slow(member) for member in value) + "]"
    assert isinstance(value, dict)
    names = sorted(value, key=lambda name: list(code_units(name)))
    return "{" + ",".join(f"{slow(name)}:{slow(value[name])}" for name in names) + "}"


def code_units(text: str) -> list[int]:
    raw = text.encode("utf-16-be")
    return [raw[at] << 8 | raw[at + 1] for at in range(0, len(raw), 2)]


def slow_character(character: str) -> str:
    short = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
    if character in short:
        return short[character]
    if character in '"\\':
        return "\\" + character
    return f"\\u{ord(character):04x}" if ord(character) < 0x20 else character


@given(RECORD)
def test_same_bytes_as_the_slow_implementation_and_back(record: dict[str, object]) -> None:
    line = canonical(record)
    assert line == slow(record).encode()
    assert parse(line) == record


def test_names_sort_by_utf16_code_units() -> None:
    # The example of RFC 8785 3.2.3: U+1F600 (D83D DE00) stands before U+FB33.
    record = {"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "1": 4}
    assert list(json.loads(canonical(record))) == ["1", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        MAX_INT + 1,
        -MAX_INT - 1,
        "a\0",
        "\ud800",
        {1: 2},
        {"\udfff": 1},
        b"",
        (1,),
    ],
)
def test_foreign_values_are_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical({"value": value})


def test_depth_is_bounded() -> None:
    value: object = 1
    for _ in range(30):
        value = [value]
    with pytest.raises(NotCanonical):
        canonical({"value": value})


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"nul",
        b'{"a": 1}',
        b'{"a":1} ',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":-0}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":9007199254740992}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\\u001F"}',
        b'{"a":"\\u0000"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":1}\r',
        '{"\U0001f600":1,"\ufb33":1}'.encode()[:-1],
        '{"\ufb33":1,"\U0001f600":1}'.encode(),
    ],
)
def test_every_other_spelling_is_refused(line: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse(line)


PLAIN = st.text(string.ascii_letters + ' "\\\n電é\x7f', max_size=6)
NUMBERS = st.integers(-9, 99) | st.integers(MAX_INT - 1, MAX_INT) | st.just([10, 0, -7])
EVENT = st.fixed_dictionaries(
    {
        "id": st.sampled_from(
            ["0192f0a0-7b1c-7000-8000-000000000001", "0192f0a0-7b1c-7000-8000-000000000002"]
        ),
        "occurred_at": st.just("2026-07-01T00:00:00.000000Z"),
        "name": st.sampled_from(["token.issued", "id", "occurred_at"]),
        "data": st.dictionaries(st.sampled_from(["id", "name", "z", '"']), PLAIN | NUMBERS),
    }
)


@given(st.lists(EVENT, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_short_way_of_reading_lines_agrees_with_the_long_one(
    records: list[dict[str, object]], random: "object"
) -> None:
    reader = EventReader()
    for record in records:
        line = canonical(record)
        for candidate in (line, line, _spoil(line, random), line):
            expected = _long_way(candidate)
            try:
                found: object = reader.read(candidate)
            except NotCanonical:
                found = None
            assert found == expected


def _spoil(line: bytes, random: object) -> bytes:
    at = random.randrange(len(line))  # type: ignore[attr-defined]
    new = random.choice(list(b'",:{}[]01-.e# \\ax\x7f\xe9\x00'))  # type: ignore[attr-defined]
    cut = random.randrange(2)  # type: ignore[attr-defined]
    return line[:at] + bytes([new]) + line[at + cut :]


def _long_way(line: bytes) -> tuple[str, str, str] | None:
    try:
        record = parse(line)
        return EventReader().read(line) if record else None
    except NotCanonical:
        return None
