"""Master keys: the file, wrapping, deriving, renewing (keys.master)."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.encoding import decode, encode
from keys.errors import DamagedSecret, KeysError, MasterKeyFileError, WrongMasterKey
from keys.master import MasterKeys

GOOD = encode(bytes(range(32)))
OTHER = encode(bytes(range(100, 132)))


def write(path: Path, text: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(text)
    path.chmod(mode)
    return path


def test_generated_text_loads_and_is_never_the_same(tmp_path: Path) -> None:
    text = MasterKeys.generate_text()
    keys = MasterKeys.load(write(tmp_path / "master", text.encode()))
    assert keys.ids == (keys.current_id,)
    assert MasterKeys.generate_text().splitlines()[-1] != text.splitlines()[-1]


def test_first_line_is_current_and_comments_may_be_in_any_encoding() -> None:
    text = (
        b"\xef\xbb\xbf# " + "親鍵".encode("shift_jis") + f"\r\n\r\nb {OTHER}\r\na {GOOD}\n".encode()
    )
    assert MasterKeys.parse(text).ids == ("b", "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "no master key"),
        (b"# only a comment\n", "no master key"),
        (f"a {GOOD}\n\nb".encode(), "line 3: expected"),
        (f"a {GOOD} extra".encode(), "line 1: expected"),
        (f"a {GOOD}\na {OTHER}".encode(), "line 2: the id a is used twice"),
        (f"a {GOOD}\nb {GOOD}".encode(), "line 2: the same key"),
        (f"a {encode(bytes(range(31)))}".encode(), "line 1: the key has 31 bytes"),
        (f"a {encode(bytes(range(33)))}".encode(), "line 1: the key has 33 bytes"),
        (f"a {GOOD}=".encode(), "line 1: the key is not base64url"),
        (f"a {encode(bytes(32))}".encode(), "line 1: the key is not random"),
        (f"a.b {GOOD}".encode(), "line 1: the id may hold"),
        (f"{'a' * 33} {GOOD}".encode(), "line 1: the id may hold"),
        (b"a\x00b " + GOOD.encode(), "line 1: the id may hold"),
        ("鍵 あ".encode("shift_jis"), "line 1: the key is not base64url"),
    ],
)
def test_bad_files_are_named_with_their_line(text: bytes, message: str) -> None:
    with pytest.raises(MasterKeyFileError, match=message) as caught:
        MasterKeys.parse(text, "file")
    assert GOOD[:20] not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / "master", MasterKeys.generate_text().encode(), mode)
    with pytest.raises(MasterKeyFileError, match="chmod 600"):
        MasterKeys.load(path)


def test_missing_folder_pipe_nul_and_huge_files_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    write(tmp_path / "huge", b"#" * 70_000)
    for path in ("missing", ".", "pipe", "huge", "nul\x00"):
        with pytest.raises(MasterKeyFileError):
            MasterKeys.load(f"{tmp_path}/{path}")


@given(st.binary(max_size=200), st.text(max_size=40).filter(lambda t: t.isprintable()))
@settings(deadline=None, database=None, max_examples=50)
def test_what_is_wrapped_unwraps_under_its_context_only(secret: bytes, context: str) -> None:
    keys = MasterKeys.parse(f"a {GOOD}".encode())
    text = keys.wrap(secret, context)
    assert keys.unwrap(text, context) == secret
    assert text.startswith("v1.a.")
    with pytest.raises(DamagedSecret):
        keys.unwrap(text, context + "x")


def test_wrapping_twice_gives_different_texts(master: MasterKeys) -> None:
    assert master.wrap(b"secret", "c") != master.wrap(b"secret", "c")


def test_every_altered_bit_is_found(master: MasterKeys) -> None:
    version, key_id, body = master.wrap(b"secret", "context").split(".")
    blob = decode(body)
    for position in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[position // 8] ^= 1 << position % 8
        # The first four bytes tell which key it was: altered, they name another key.
        expected = WrongMasterKey if position < 32 else DamagedSecret
        with pytest.raises(expected):
            master.unwrap(f"{version}.{key_id}.{encode(bytes(changed))}", "context")


@pytest.mark.parametrize(
    "text",
    ["", "v1", "v1.a", "v1.a.", "v2.a." + "A" * 60, "v1.a.AAAA", "v1..é", "v1.a.\x00", "\ud800"],
)
def test_what_is_no_wrapped_text_is_damaged(master: MasterKeys, text: str) -> None:
    for act in (lambda: master.unwrap(text, "c"), lambda: master.needs_rewrap(text)):
        with pytest.raises(DamagedSecret):
            act()


def test_a_wrong_master_key_is_told_from_damage() -> None:
    text = MasterKeys.parse(f"a {GOOD}".encode()).wrap(b"secret", "c")
    with pytest.raises(WrongMasterKey, match="not in the file"):
        MasterKeys.parse(f"b {OTHER}".encode()).unwrap(text, "c")
    with pytest.raises(WrongMasterKey, match="not the one"):
        MasterKeys.parse(f"a {OTHER}".encode()).unwrap(text, "c")


def test_renewal_opens_old_wraps_and_says_which_to_renew() -> None:
    old = MasterKeys.parse(f"a {GOOD}".encode())
    renewed = MasterKeys.parse(f"b {OTHER}\na {GOOD}".encode())
    text = old.wrap(b"secret", "c")
    assert renewed.unwrap(text, "c") == b"secret"
    assert renewed.needs_rewrap(text)
    assert not renewed.needs_rewrap(renewed.wrap(b"secret", "c"))
    assert renewed.derive_all("p") == (renewed.derive("p"), old.derive("p"))


def test_derived_keys_are_steady_and_apart(master: MasterKeys) -> None:
    assert MasterKeys.parse(f"a {GOOD}".encode()).derive("refresh").hex() == (
        "e6f5dcb5a969df6f9b91a819de147557c9cc7fcc03236290ab0dadb8fc52084a"
    )
    assert master.derive("a") != master.derive("b")
    assert len(master.derive("a", 64)) == 64


def test_no_secret_in_any_repr(master: MasterKeys) -> None:
    keys = MasterKeys.parse(f"a {GOOD}".encode())
    for text in (repr(keys), str(keys), repr(keys._keys), f"{keys!r}"):
        assert GOOD not in text
        assert repr(bytes(range(32)))[2:20] not in text


def test_all_errors_are_of_one_family() -> None:
    assert all(
        issubclass(e, KeysError) for e in (WrongMasterKey, DamagedSecret, MasterKeyFileError)
    )
