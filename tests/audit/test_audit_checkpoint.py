"""Checkpoints and signed notes: the C2SP format, one spelling only."""

import base64
from datetime import UTC, datetime

import pytest
from audit_packs import FOREIGN, KEY, ORIGIN, START
from hypothesis import given
from hypothesis import strategies as st

from audit import checkpoint, instant
from audit.note import NoteError, parse_key, verify_note

ROOT = bytes(range(32))
TEXT = checkpoint.sign(ORIGIN, 42, ROOT, START, KEY)


def test_the_published_example_of_a_signed_note() -> None:
    key = parse_key("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    note = (
        "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi"
        "2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
    )
    assert verify_note(note, key) == "This is an example message.\n"
    with pytest.raises(NoteError):
        verify_note(note.replace("message", "massage"), key)


def test_round_trip() -> None:
    assert checkpoint.verify(TEXT, KEY.public_key()) == checkpoint.parse(TEXT)
    assert checkpoint.parse(TEXT) == checkpoint.Checkpoint(ORIGIN, 42, ROOT, START)
    lines = TEXT.split("\n")
    assert lines[:5] == [
        ORIGIN, "42", base64.b64encode(ROOT).decode(), "at 2026-07-01T00:00:00.000000Z", ""
    ]  # fmt: skip
    assert len(lines) == checkpoint.LINES + 1


def test_another_key_does_not_verify() -> None:
    with pytest.raises(NoteError, match="another key"):
        checkpoint.verify(TEXT, FOREIGN.public_key())


@given(st.integers(0, len(TEXT.encode()) - 1), st.integers(0, 255), st.integers(0, 2))
def test_no_altered_byte_is_accepted(at: int, new: int, kind: int) -> None:
    raw = TEXT.encode()
    changed = [
        raw[:at] + bytes([new]) + raw[at + 1 :],
        raw[:at] + bytes([new]) + raw[at:],
        raw[:at] + raw[at + 1 :],
    ][kind]
    if changed == raw:
        return
    with pytest.raises(ValueError):  # noqa: PT011 - UnicodeDecodeError or NoteError
        checkpoint.verify(changed.decode(), KEY.public_key())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text + "\n",
        lambda text: text[:-1],
        lambda text: text.replace("42", "042"),
        lambda text: text.replace("42", "４２"),
        lambda text: text.replace("42", "-1"),
        lambda text: text.replace("at ", "at  "),
        lambda text: text.replace("—", "-"),
        lambda text: text + text.split("\n")[-2] + "\n",
        lambda text: text.replace("8=\n", "9=\n", 1),
        lambda _: "",
        lambda _: "\n\n",
    ],
)
def test_every_other_spelling_is_refused(spoil: object) -> None:
    changed = spoil(TEXT)  # type: ignore[operator]
    assert changed != TEXT
    with pytest.raises(NoteError):
        checkpoint.parse(changed)


def test_keys() -> None:
    text = checkpoint.encode_key(ORIGIN, KEY.public_key())
    assert checkpoint.encode_key(ORIGIN, parse_key(text + "\n").public_key) == text
    assert checkpoint.fingerprint(KEY.public_key()).startswith("SHA256:")
    for bad in ("", "a+b", text[:-1], text + " ", text.upper(), "x" + text, text + "\n\n", "a+b+é"):
        with pytest.raises(NoteError):
            parse_key(bad)


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "組合", "a\n", "x" * 256])
def test_origins_are_plain(origin: str) -> None:
    with pytest.raises(NoteError):
        checkpoint.sign(origin, 1, ROOT, START, KEY)


def test_times() -> None:
    assert instant.from_text(instant.to_text(START)) == START
    with pytest.raises(ValueError, match="time zone"):
        instant.to_text(datetime(2026, 1, 1))  # noqa: DTZ001 - the refusal is the point
    for bad in (
        "2026-07-01T00:00:00.000000z", "2026-07-01 00:00:00.000000Z", "2026-02-30T00:00:00.000000Z",
        "2026-07-01T00:00:00.00000Z", "", "２026-07-01T00:00:00.000000Z",
        "2026-W27-3T00:00:00.0000000Z",
        "2026-07-01T24:00:00.000000Z",
    ):  # fmt: skip
        with pytest.raises(ValueError):  # noqa: PT011 - messages are the standard library's
            instant.from_text(bad)
    assert instant.from_text("0999-07-01T00:00:00.000001Z").tzinfo == UTC
