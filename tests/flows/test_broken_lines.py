"""A register file with fifty broken lines: fifty are told with their reason, none is applied."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.flows.deployment import Deployment, refused

HEADER = (
    "組合員番号,姓,名,姓カナ,名カナ,通称,生年月日,勤務状況,勤務先,郵便番号,都道府県,市区町村,番地等,"
    "電話番号,メールアドレス,出資金入金日,脱退届受理日,返還予定日,出資金返還日"
)
NAMES = HEADER.split(",")
NUMBER, FAMILY, GIVEN, FAMILY_KANA, GIVEN_KANA, IN_USE, BORN, EMPLOYMENT = range(8)
POSTAL, REGION, STREET, PHONE, MAIL, PAID, REFUND = 9, 10, 12, 13, 14, 15, 17

# One fault each: the column it is found in, and what stands there.
CELLS: list[tuple[int, str]] = [
    (NUMBER, "1234567"),
    (NUMBER, "17"),
    (NUMBER, "123456789"),
    (NUMBER, "A1234567"),
    (NUMBER, ""),
    (NUMBER, "1.23E+07"),
    (FAMILY, ""),
    (FAMILY, "見?"),
    (FAMILY, "〓橋"),
    (FAMILY, "見\ue000本"),
    (FAMILY, "見\uf8ff"),
    (FAMILY, "見\ufffd"),
    (FAMILY, "見\u202e本"),
    (FAMILY, "見\u200b本"),
    (FAMILY, "見\x07本"),
    (FAMILY, "見" * 501),
    (FAMILY, "見\n本"),
    (GIVEN, "太\n郎"),
    (FAMILY_KANA, "mihon"),
    (FAMILY_KANA, "見本"),
    (FAMILY_KANA, ""),
    (GIVEN_KANA, ""),
    (IN_USE, "通?"),
    (BORN, "平成元年2月30日"),
    (BORN, "昭和64年1月8日"),
    (BORN, "大正元年7月29日"),
    (BORN, "明治5年1月1日"),
    (BORN, "1984-02-30"),
    (BORN, "1900-01-00"),
    (BORN, "84.5.12"),
    (BORN, "30814"),
    (BORN, ""),
    (BORN, "2099-01-01"),
    (EMPLOYMENT, "休職"),
    (EMPLOYMENT, ""),
    (POSTAL, "370007"),
    (POSTAL, "000-000A"),
    (REGION, "東京"),
    (PHONE, "9012345678"),
    (PHONE, "0120-000-0000-1"),
    (PHONE, "電話なし"),
    (MAIL, "a@@mihon.example"),
    (MAIL, "a@b@mihon.example"),
    (MAIL, "ａ＠mihon.example"),
    (MAIL, "taro..x@mihon.example"),
    (PAID, "2004-04-31"),
    (REFUND, "2001-07-31"),
]
GOOD = {
    "half-width kana": (FAMILY_KANA, "ﾐﾎﾝ"),
    "an era": (BORN, "昭和59年5月12日"),
    "a short era": (BORN, "S59.5.12"),
    "full width": (PHONE, "０９０－００００－０１０１"),
    "a line break in the street": (STREET, "見本町1-1-1\nみほん荘101"),
    "an old form": (FAMILY, "髙橋"),
}


def a_row(number: int) -> list[str]:
    return (
        f"{number:08d},見本,太郎,ミホン,タロウ,,1984-05-12,現職,みほん第一小学校,000-0000,東京都,"
        f"架空市,見本町1-1-1,090-0000-0101,m{number}@mihon.example,2004-04-30,,,"
    ).split(",")


def written(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def a_broken_file() -> tuple[bytes, list[int]]:
    """Give a file in UTF-8 with fifty broken lines among good ones, and their numbers."""
    data = ("\ufeff" + HEADER + "\r\n").encode()
    broken: list[int] = []

    def add(piece: bytes, *, bad: bool) -> None:
        nonlocal data
        if bad:
            broken.append(data.count(b"\n") + 1)
        data += piece

    number = 40_000_000
    good = list(GOOD.values())
    for index, (column, text) in enumerate(CELLS):
        number += 1
        row = a_row(number)
        row[column] = text
        add(written([row]).encode(), bad=True)
        fine = a_row(number + 1_000_000)
        place, value = good[index % len(good)]
        fine[place] = value
        add(written([fine]).encode(), bad=False)
    add(written([a_row(40_000_001 + 1_000_000)]).encode(), bad=True)  # a member who stands there
    add(written([a_row(49_000_000)[:-1]]).encode(), bad=True)  # a value is missing
    # A line that came from a file in another encoding.
    add(written([a_row(49_000_001)]).encode("cp932"), bad=True)
    return data, broken


@pytest.mark.parametrize("dry", [True, False])
def test_fifty_broken_lines_are_told_and_none_is_applied(
    deployment: Deployment, tmp_path: Path, dry: bool
) -> None:
    data, broken = a_broken_file()
    assert len(broken) == 50
    file = tmp_path / "broken.csv"
    file.write_bytes(data)
    options = () if dry else ("--apply",)
    done = deployment.idp("member", "import", str(file), "--format", "json", *options)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    told = [bad["line"] for bad in report["bad"]]
    assert sorted(set(told)) == broken
    assert len(told) >= 50
    assert all(len(bad["reason"]) > 5 for bad in report["bad"])
    assert (report["applied"], report["created"], report["updated"]) == (False, 0, 0)
    columns = {bad["line"]: bad["column"] for bad in report["bad"]}
    for line, (column, _) in zip(broken, CELLS, strict=False):
        assert columns[line] == NAMES[column], (line, columns[line])
    for number in ("41000001", "41000002"):
        refused(deployment.idp("member", "show", number))


def test_the_whole_file_in_cp932_is_read_and_its_gaiji_are_told(
    deployment: Deployment, tmp_path: Path
) -> None:
    rows = [a_row(42_000_000 + i) for i in range(3)]
    rows[1][FAMILY] = "髙﨑"
    data = (
        (HEADER + "\r\n" + written(rows))
        .encode("cp932")
        .replace("太郎".encode("cp932"), b"\xf0\x40", 1)
    )
    file = tmp_path / "cp932.csv"
    file.write_bytes(data)
    report = json.loads(deployment.idp("member", "import", str(file), "--format", "json").stdout)
    assert [(bad["line"], bad["column"]) for bad in report["bad"]] == [(2, "名")]
    assert "gaiji" in report["bad"][0]["reason"]


@pytest.mark.parametrize(
    "header",
    [
        HEADER.replace("組合員番号", "番号"),
        HEADER.replace(",出資金返還日", ""),
        HEADER.replace("名カナ", "姓カナ", 1),
        HEADER.replace("郵便番号,", ""),
    ],
)
def test_wrong_columns_are_told_on_the_first_line(
    deployment: Deployment, tmp_path: Path, header: str
) -> None:
    file = tmp_path / "columns.csv"
    file.write_text(header + "\r\n" + written([a_row(43_000_000)]), "utf-8")
    done = deployment.idp("member", "import", str(file), "--format", "json", "--apply")
    report = json.loads(done.stdout)
    assert {bad["line"] for bad in report["bad"]} == {1}
    assert report["applied"] is False
