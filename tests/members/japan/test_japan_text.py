"""Text: encodings chosen, lossy characters refused, folding for search only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.members.errors import BadText
from idp.members.japan.text import bad_character, choose_encoding, decode, search_key

NAMES = "髙見本,例﨑,見本 太郎,㈱架空"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_decodes_what_japanese_exports_come_in(encoding: str) -> None:
    assert decode(NAMES.encode(encoding)) == NAMES


def test_wave_dash_and_minus_of_cp932_are_kept_and_folded_for_search_only() -> None:
    typed = b"\x81\x60\x81\x7c"
    assert decode(typed) == "\uff5e\uff0d"
    assert search_key("\uff5e\uff0d") == search_key("\u301c\u2212") == "~-"


def test_one_broken_byte_does_not_turn_a_utf8_file_into_cp932() -> None:
    data = ("見本,太郎,ミホン\n" * 50).encode() + b"\xe8\xa6" + "見本\n".encode()
    assert choose_encoding(data) == "utf-8"
    with pytest.raises(BadText, match="line 51"):
        decode(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("見本".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\xef\xbb\xbf\x82\xa0", "neither"),
        (b"name\n\x81", "line 2"),
    ],
)
def test_refuses_other_files(data: bytes, words: str) -> None:
    with pytest.raises(BadText, match=words):
        decode(data)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"\xf0\x40".decode("cp932"), "gaiji, U+E000"),
        (b"\xa0".decode("cp932"), "gaiji"),
        ("\U000f0001", "gaiji"),
        ("a\x00b", "NUL"),
        ("a\tb", "control"),
        ("a\x85b", "control"),
        ("\ufffd", "already lost"),
        ("\ud83d", "surrogate"),
        ("太\u202e郎", "invisible"),
        ("太\u200b郎", "invisible"),
        ("太\u2028郎", "control"),
        ("太\n郎", "line break"),
        ("太\r郎", "control"),
    ],
)
def test_names_why_a_character_may_not_be_kept(text: str, words: str) -> None:
    assert words in (bad_character(text) or "")


def test_old_forms_variation_selectors_and_rare_kanji_may_be_kept() -> None:
    for text in (NAMES, "辻\U000e0101", "\ufa19谷", "𠮷野", "ﾀﾛｳ", "O'Brien-García"):
        assert bad_character(text) is None
    assert bad_character("1-2-3\nA101", newline_allowed=True) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("髙橋", "高橋"),
        ("例﨑", "例崎"),
        ("澤", "沢"),
        ("渡邊", "渡辺"),
        ("渡邉", "渡辺"),
        ("𠮷野", "吉野"),
        ("辻\U000e0101", "辻"),
        ("\ufa19", "神"),
        ("みほん たろう", "ミホン　タロウ"),
        ("ﾀﾞｲｷﾁ", "だいきち"),
        ("ＡＢＣ１２３", "abc123"),
        ("が", "か\u3099"),
    ],
)
def test_search_keys_meet(one: str, other: str) -> None:
    assert one != other
    assert search_key(one) == search_key(other)


def test_search_keys_keep_different_people_apart() -> None:
    assert len({search_key(name) for name in ("見本", "例示", "ミホン", "ミホ", "ミーホン")}) == 5


JAPANESE = st.text(
    st.sampled_from("髙﨑澤邊あがぱアガパｱｶﾞ神\ufa19辻\U000e0101 　ーｰ〜～－-aＡ1１𠮷ゝゔ"),
    max_size=20,
)


@given(JAPANESE)
def test_search_key_is_a_fixed_point(text: str) -> None:
    assert search_key(search_key(text)) == search_key(text)


# Kana and the kanji in daily use: CP932 writes them behind bytes that UTF-8 never begins with.
DAILY = [
    bytes([lead, trail]).decode("cp932")
    for lead in range(0x88, 0x98)
    for trail in range(0x9F, 0xFD)
]


@given(st.text(st.sampled_from([*DAILY, *"アイウかきくー　,0A\n"]), min_size=1))
def test_daily_text_is_read_the_same_from_either_encoding(text: str) -> None:
    assert decode(text.encode("utf-8")) == decode(text.encode("cp932")) == text


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_a_clear_refusal(data: bytes) -> None:
    try:
        text = decode(data)
    except BadText as error:
        text = error.detail
        assert text
    search_key(text)
    bad_character(text)


@given(st.text())
def test_any_text_has_a_key_without_blanks(text: str) -> None:
    assert not set(search_key(text)) & set(" \u3000\n")
