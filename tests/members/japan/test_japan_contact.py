"""Telephone numbers, postal codes, addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.members.errors import BadPhone, BadPostalCode
from idp.members.japan.addresses import REGIONS, formatted, split_region
from idp.members.japan.phones import format_national, parse_phone
from idp.members.japan.postal import parse_postal_code
from idp.members.model import Address

HYPHENS = "-‐‑–—―−ーｰ－"


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("03-0000-0001", "+81300000001"),
        ("0300000001", "+81300000001"),
        ("０３（００００）０００１", "+81300000001"),
        ("(03) 0000 0001", "+81300000001"),
        ("03.0000.0001", "+81300000001"),
        ("+81 3-0000-0001", "+81300000001"),
        ("+81 (0)3-0000-0001", "+81300000001"),
        ("090-0000-0000", "+819000000000"),
        ("+81-90-0000-0000", "+819000000000"),
        ("0120-000-000", "+81120000000"),
        ("0800-000-0000", "+818000000000"),
        ("050-0000-0000", "+815000000000"),
        ("+1 202 555 0100", "+12025550100"),
    ],
)
def test_reads_numbers_as_typed(text: str, e164: str) -> None:
    assert parse_phone(text) == e164


@pytest.mark.parametrize("hyphen", HYPHENS)
def test_reads_every_hyphen(hyphen: str) -> None:
    assert parse_phone(f"090{hyphen}0000{hyphen}0000") == "+819000000000"
    assert parse_postal_code(f"100{hyphen}0001") == "100-0001"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("9000000000", "dropped"),
        ("300000001", "dropped"),
        ("", "empty"),
        ("--", "empty"),
        ("110", "not a telephone number"),
        ("090-0000-000", "not a telephone number"),
        ("03-0000-00000", "not a telephone number"),
        ("03-0000-0001 内線5", "digits, hyphens"),
        ("03-0000-0001\x00", "digits, hyphens"),
        ("\ud800", "digits, hyphens"),
        ("0" * 1000, "too long"),
        ("+0312345678", "not a telephone number"),
        ("٠٣٠٠٠٠٠٠٠١", "digits, hyphens"),
    ],
)
def test_refuses_what_is_no_number(text: str, words: str) -> None:
    with pytest.raises(BadPhone) as caught:
        parse_phone(text)
    assert words in caught.value.detail


@pytest.mark.parametrize(
    ("e164", "shown"),
    [
        ("+81300000001", "03-0000-0001"),
        ("+81612340000", "06-1234-0000"),
        ("+81450000000", "045-000-0000"),
        ("+81422400000", "0422-40-0000"),
        ("+81112000000", "011-200-0000"),
        ("+81126700000", "01267-0-0000"),
        ("+81120000000", "0120-000-000"),
        ("+81570000000", "0570-000-000"),
        ("+818000000000", "0800-000-0000"),
        ("+818010000000", "080-1000-0000"),
        ("+819000000000", "090-0000-0000"),
        ("+12025550100", "+12025550100"),
    ],
)
def test_shows_numbers_with_hyphens(e164: str, shown: str) -> None:
    assert format_national(e164) == shown


@given(st.from_regex(r"0(3[0-9]{8}|[1-9][1-9][0-9]{7}|[5-9]0[0-9]{8}|120[0-9]{6})", fullmatch=True))
def test_what_is_shown_reads_back_as_the_same_number(number: str) -> None:
    try:
        e164 = parse_phone(number)
    except BadPhone:
        assert len(number) == 10  # 10 digits behind 0x0 are no number
        return
    shown = format_national(e164)
    assert shown.count("-") == 2
    assert parse_phone(shown) == e164


@pytest.mark.parametrize(
    "text", ["1000001", "〒100-0001", "１００－０００１", "〒 100 0001", " 100-0001 "]
)
def test_reads_postal_codes(text: str) -> None:
    assert parse_postal_code(text) == "100-0001"


@pytest.mark.parametrize(
    ("text", "words"),
    [("600001", "dropped"), ("100-00011", "seven"), ("", "seven"), ("100-000", "seven"),
     ("abc-defg", "seven"), ("100-0001\x00", "seven")],
)  # fmt: skip
def test_refuses_other_postal_codes(text: str, words: str) -> None:
    with pytest.raises(BadPostalCode) as caught:
        parse_postal_code(text)
    assert words in caught.value.detail


def test_addresses_are_written_in_japanese_order() -> None:
    address = Address("100-0001", "東京都", "架空市", "見本町1-1-1\n見本ハイツ201")
    assert formatted(address) == "〒100-0001\n東京都架空市\n見本町1-1-1\n見本ハイツ201"
    assert formatted(Address("", "", "", "1 Sample Road")) == "1 Sample Road"
    assert formatted(Address("", "", "", "")) == ""


def test_the_prefectures_are_known() -> None:
    assert len(REGIONS) == len(set(REGIONS)) == 47
    assert split_region("京都府架空市1") == ("京都府", "架空市1")
    assert split_region("東京都 架空市1") == ("東京都", "架空市1")
    assert split_region("架空市1") == ("", "架空市1")
