"""Bad register files: the line, the column and the reason, and nothing applied."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from demo.register import register_csv
from idp.clock import Clock
from tests.flows.deployment import Deployment, refused

GAIJI = "\ue000"


def register_lines() -> list[str]:
    return register_csv(Clock().today()).decode("utf-8-sig").split("\r\n")


def imported(
    deployment: Deployment, folder: Path, content: bytes | str, *options: str
) -> dict[str, Any]:
    file = folder / "register.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = deployment.idp("member", "import", str(file), "--format", "json", *options)
    assert "Traceback" not in done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (1 if report["bad"] else 0)
    return report


def with_cell(old: str, new: str) -> str:
    """Give the register with one text on its third line replaced."""
    lines = register_lines()
    assert old in lines[2]
    lines[2] = lines[2].replace(old, new, 1)
    return "\r\n".join(lines)


BAD_LINES: dict[str, tuple[Callable[[], str | bytes], int, str]] = {
    "a date that never was": (
        lambda: with_cell("平成元年3月3日", "平成元年2月30日"),
        3,
        "生年月日",
    ),
    "a member number too short": (lambda: with_cell("00000102", "102"), 3, "組合員番号"),
    "gaiji": (lambda: with_cell("花子", f"花{GAIJI}"), 3, "名"),
    "gaiji of Shift_JIS": (
        lambda: (
            "\r\n".join(register_lines())
            .encode("cp932")
            .replace("花子".encode("cp932"), b"\xf0\x40")
        ),
        3,
        "名",
    ),
    "a NUL": (lambda: with_cell("花子", "花\0子"), 3, ""),
    "too few values": (lambda: with_cell(",現職,", ","), 3, ""),
    "an open quote": (lambda: with_cell("例示,", '"例示,'), 3, ""),
    "a number that stands twice": (lambda: with_cell("00000102", "00000101"), 3, "組合員番号"),
    "an unknown employment": (lambda: with_cell("現職", "休職？"), 3, "勤務状況"),
    "a mail address that is none": (
        lambda: with_cell("hanako@mihon.example", "hanako@@mihon"),
        3,
        "メールアドレス",
    ),
    "a very long value": (lambda: with_cell("花子", "花" * 5000), 3, "名"),
    "bytes of no encoding": (lambda: b"\xff\xfe\x00" * 50, 1, ""),
    "an empty file": (lambda: b"", 1, ""),
    "only a header": (lambda: "foo,bar\r\n1,2\r\n", 1, ""),
}


@pytest.mark.parametrize("kind", BAD_LINES)
def test_a_bad_line_is_named_with_its_reason_and_nothing_is_applied(
    deployment: Deployment, tmp_path: Path, kind: str
) -> None:
    make, line, column = BAD_LINES[kind]
    report = imported(deployment, tmp_path, make(), "--apply")
    assert report["applied"] is False
    assert (report["created"], report["updated"]) == (0, 0)
    first = report["bad"][0]
    assert first["line"] == line, first
    assert len(first["reason"]) > 5
    if column:
        assert first["column"] == column


def test_after_all_those_bad_files_the_register_is_empty_and_takes_a_good_one(
    deployment: Deployment, tmp_path: Path
) -> None:
    refused(deployment.idp("member", "show", "00000101"))
    good = register_csv(Clock().today())
    dry = imported(deployment, tmp_path, good)
    assert (dry["applied"], dry["bad"]) == (False, [])
    refused(deployment.idp("member", "show", "00000101"))
    assert imported(deployment, tmp_path, good, "--apply")["applied"] is True
    again = imported(deployment, tmp_path, good, "--apply")
    assert (again["created"], again["updated"]) == (0, 0)
    bad = imported(deployment, tmp_path, with_cell("花子", f"花{GAIJI}"), "--apply")
    assert bad["applied"] is False
    shown = deployment.must("member", "show", "00000102", "--format", "json")
    assert json.loads(shown)["standing"] == "member"


def test_a_bad_line_is_readable_for_people_too(deployment: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "register.csv"
    file.write_text(with_cell("平成元年3月3日", "平成元年2月30日"), "utf-8")
    done = deployment.idp("member", "import", str(file), "--apply")
    assert done.returncode == 1
    assert "line 3, 生年月日: " in done.stdout
    assert "nothing was changed" in done.stdout


def test_a_file_that_is_not_there_is_said(deployment: Deployment, tmp_path: Path) -> None:
    refused(deployment.idp("member", "import", str(tmp_path / "none.csv")), "none.csv")
    refused(deployment.idp("member", "import", str(tmp_path)), str(tmp_path))
