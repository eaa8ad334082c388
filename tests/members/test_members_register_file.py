"""The register file: good rows as they are, every bad line with its number, column and reason."""

import csv
import io
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.members.model import Address, Employment, MembershipDates, Name
from idp.members.register_columns import JAPANESE
from idp.members.register_file import BadLine, parse_register

GOOD = {
    "member_number": "00012345",
    "family_name": "髙見本",
    "given_name": "太郎",
    "family_kana": "タカミホン",
    "given_kana": "ﾀﾛｳ",
    "name_in_use": "",
    "birth_date": "昭和25年4月1日",
    "employment": "退職",
    "workplace": "",
    "postal_code": "１００−０００１",
    "region": "東京都",
    "locality": "架空市",
    "street_address": "見本町1-1-1",
    "phone_number": "03(0000)0001",
    "email": "Taro@mihon.example",
    "capital_paid_on": "S50.4.30",
    "withdrawal_accepted_on": "2026/3/15",
    "refund_planned_on": "2026年7月31日",
    "capital_refunded_on": "",
}
ENCODINGS = ["utf-8", "utf-8-sig", "cp932"]


def write(*rows: Mapping[str, str], english: bool = False, without: tuple[str, ...] = ()) -> str:
    names = [name for name in JAPANESE if name not in without]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names if english else [JAPANESE[name] for name in names])
    writer.writerows([{**GOOD, **row}[name] for name in names] for row in rows)
    return text.getvalue()


def bad_lines(text: str | bytes) -> list[BadLine]:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return parse_register(data).bad


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("english", [False, True])
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_reads_a_member(encoding: str, english: bool, newline: str) -> None:
    row = dict(GOOD, postal_code="100-0001")
    text = write(row, english=english).replace("\r\n", newline)
    parsed = parse_register(text.encode(encoding))
    assert not parsed.bad
    (found,) = parsed.rows
    assert found.line == 2
    assert found.member_number == "00012345"
    assert found.name == Name("髙見本", "太郎", "タカミホン", "タロウ")
    assert found.birth_on == date(1950, 4, 1)
    assert found.employment is Employment.RETIRED
    assert found.address == Address("100-0001", "東京都", "架空市", "見本町1-1-1")
    assert found.phone == "+81300000001"
    assert found.email == "Taro@mihon.example"
    assert found.dates == MembershipDates(
        date(1975, 4, 30), date(2026, 3, 15), date(2026, 7, 31), None
    )


def test_keeps_old_forms_exactly() -> None:
    name = "\ufa19谷\U000e0100"
    (row,) = parse_register(write({"family_name": name}).encode()).rows
    assert row.name.family == name


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("member_number", "12345", "leading zeros"),
        ("member_number", "", "missing"),
        ("family_name", "", "missing"),
        ("family_name", "見〓", "lost a character"),
        ("family_name", "見?", "lost a character"),
        ("family_name", "見\ue000本", "gaiji"),
        ("family_name", "見\n本", "line break"),
        ("family_name", "見\x00本", "NUL"),
        ("family_name", "見\u202e本", "invisible"),
        ("family_name", "見" * 501, "500 characters"),
        ("family_kana", "見本", "kana only"),
        ("given_kana", "", "neither"),
        ("given_name", "", "neither"),
        ("birth_date", "昭和64年2月1日", "昭和64年2月1日 does not exist"),
        ("birth_date", "18354", "serial number"),
        ("birth_date", "", "missing"),
        ("birth_date", "1975-04-30", "on or after the payment"),
        ("employment", "休職", "現職"),
        ("employment", "", "missing"),
        ("postal_code", "600001", "zeros"),
        ("region", "東京", "47 prefectures"),
        ("phone_number", "9000000000", "dropped"),
        ("email", "taro@@mihon.example", "one @"),
        ("capital_paid_on", "soon", "not a date"),
        ("refund_planned_on", "1975-04-29", "before the payment"),
        ("capital_refunded_on", "1960-01-01", "before the payment"),
        ("workplace", "みほん\n小学校", "line break"),
    ],
)
def test_names_line_column_and_reason(column: str, value: str, words: str) -> None:
    others = {"member_number": "00000001"}
    bad = bad_lines(write(others, {column: value}))
    assert bad
    assert {line.number for line in bad} == {3}
    reasons = {line.column: line.reason for line in bad}
    told = JAPANESE["given_kana" if column == "given_name" else column]
    assert words in reasons[told]


def test_the_column_is_named_as_the_file_names_it() -> None:
    (bad,) = bad_lines(write({"birth_date": "x"}, english=True))
    assert bad.column == "birth_date"
    assert bad.code == "bad_date"


def test_all_bad_cells_of_a_row_are_told() -> None:
    bad = bad_lines(write({"birth_date": "x", "email": "y", "phone_number": "z"}))
    assert {line.column for line in bad} == {"生年月日", "メールアドレス", "電話番号"}


def test_a_street_may_hold_line_breaks_and_lines_are_counted_physically() -> None:
    street = "見本町1-1-1\r\n見本ハイツ\n201"
    text = write({"street_address": street}, {"member_number": "1"})
    parsed = parse_register(text.encode())
    assert parsed.rows[0].address is not None
    assert parsed.rows[0].address.street_address == "見本町1-1-1\n見本ハイツ\n201"
    assert [bad.number for bad in parsed.bad] == [5]


def test_a_number_twice_names_both_lines() -> None:
    (bad,) = bad_lines(write({}, {"member_number": "00000002"}, {}))
    assert (bad.number, bad.column) == (4, "組合員番号")
    assert "line 2" in bad.reason


def test_a_mononym_stands_in_the_family_name() -> None:
    text = write({"given_name": "", "given_kana": ""})
    (row,) = parse_register(text.encode()).rows
    assert row.name == Name("髙見本", "", "タカミホン", "")
    (bad,) = bad_lines(write({"family_name": "見本　太郎", "given_name": "", "given_kana": ""}))
    assert "one column" in bad.reason


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\n\r\n,,,\n", "empty"),
        (b"PK\x03\x04", "workbook"),
        ("組合員番号".encode("utf-16"), "UTF-16"),
        (b"a;b;c\n", "not a column"),
        (b"\x00" * 10, "not a column"),
    ],
)
def test_files_that_are_no_register(data: bytes, words: str) -> None:
    bad = bad_lines(data)
    assert words in bad[0].reason
    assert not parse_register(data).rows


def test_columns_that_are_missing_unknown_or_twice() -> None:
    missing = bad_lines(write({}, without=("capital_refunded_on",)))
    assert [(bad.number, bad.column) for bad in missing] == [(1, "出資金返還日")]
    part_of_address = bad_lines(write({}, without=("region",)))
    assert [bad.column for bad in part_of_address] == ["都道府県"]
    unknown = bad_lines(write({}).replace("通称", "血液型", 1))
    assert [(bad.column, bad.reason) for bad in unknown] == [
        ("血液型", "not a column of the register")
    ]
    twice = bad_lines(write({}).replace("通称", "勤務先", 1))
    assert [bad.reason for bad in twice] == ["the column stands twice"]


def test_a_foreign_title_is_safe_to_print() -> None:
    bad = bad_lines("\x1b[2J" + "a" * 100 + "\n")
    assert bad[0].column == "\ufffd[2J" + "a" * 36 + "…"


def test_optional_columns_may_be_absent() -> None:
    absent = ("name_in_use", "workplace", "phone_number", "email",
              "postal_code", "region", "locality", "street_address")  # fmt: skip
    parsed = parse_register(write({}, without=absent).encode())
    assert not parsed.bad
    assert not parsed.rows[0].columns & set(absent)


def test_too_few_and_too_many_values() -> None:
    text = write({}) + "00000001,見本\r\n" + "," * 30 + "x\r\n"
    assert [(bad.number, bad.reason) for bad in bad_lines(text)] == [
        (3, "too few values: 2 instead of 19"),
        (4, "too many values: 31 instead of 19"),
    ]


def test_a_half_written_last_line_is_an_error() -> None:
    whole = write({}, {"member_number": "00000002"})
    assert "cut off" in bad_lines(whole + '00000003,"見')[0].reason
    assert "too few" in bad_lines(whole + "00000003,見")[0].reason
    cut_in_a_character = (whole + "00000003,見").encode()[:-1]
    assert [bad.number for bad in bad_lines(cut_in_a_character)] == [4]


def test_a_quotation_mark_left_open_hides_no_other_line() -> None:
    rows = [{"member_number": f"{n:08}"} for n in range(1, 60)]
    lines = write(*rows).splitlines(keepends=True)
    lines[5] = lines[5].replace("髙見本", '"髙見本')
    lines[9] = lines[9].replace("退職", "休職")
    bad = bad_lines("".join(lines))
    assert [line.number for line in bad] == [6, 10]
    assert "not closed within" in bad[0].reason


def test_odd_csv() -> None:
    good = write({})
    assert "written twice" in bad_lines(good + '"a"b,c\n')[0].reason
    assert "carriage return" in bad_lines(good + "a\rb,c\n")[0].reason
    assert not bad_lines(good + "\r\n,,,,\r\n\r\n")


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_field_of_10_megabytes_is_one_bad_line(quote: str) -> None:
    rows = write({}, {"member_number": "00000002"}).splitlines(keepends=True)
    huge = f"00000003,{quote}{'見' * 3_500_000}{quote}\r\n"
    parsed = parse_register("".join([rows[0], rows[1], huge, rows[2]]).encode())
    assert [bad.number for bad in parsed.bad] == [3]
    assert "longer than" in parsed.bad[0].reason
    assert [row.line for row in parsed.rows] == [2, 4]


def test_one_unreadable_byte_in_a_utf8_file_is_named() -> None:
    data = write({}, {"member_number": "00000002"}).encode()
    broken = data[::-1].replace("髙".encode()[::-1], b"\xff", 1)[::-1]
    (bad,) = bad_lines(broken)
    assert (bad.number, bad.column) == (3, "姓")
    assert "could not be read" in bad.reason


def test_gaiji_of_cp932_is_named() -> None:
    data = write({}).encode("cp932").replace("髙".encode("cp932"), b"\xf0\x40", 1)
    (bad,) = bad_lines(data)
    assert (bad.number, bad.column) == (2, "姓")
    assert "gaiji, U+E000" in bad.reason


def test_carrier_addresses_need_the_policy() -> None:
    data = write({"email": "taro..m@keitai.mihon.example"}).encode()
    assert parse_register(data).bad
    assert not parse_register(data, {"keitai.mihon.example"}).bad


@given(st.binary(max_size=300))
def test_any_bytes_give_rows_or_bad_lines(tail: bytes) -> None:
    parse_register(tail)
    parsed = parse_register(write({}).encode() + tail)
    assert all(bad.reason and bad.number >= 1 for bad in parsed.bad)


CELLS = st.sampled_from(
    ["", "見本", '"', '""', "\n", "\r", ",", "\x00", "00000001", "S1.1.1", "\\"]
)


@given(st.lists(st.lists(CELLS, max_size=25), max_size=8))
def test_lines_are_named_inside_the_file_only(rows: list[list[str]]) -> None:
    text = write({}) + "".join("".join(row) + "\n" for row in rows)
    lines = text.encode().count(b"\n")
    assert all(1 <= bad.number <= lines for bad in bad_lines(text))
