"""A clerk at the desk, and another who approves; all through the pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from tests.flows.change_scene import commands
from tests.support.demo import Demo
from tests.support.factors import fields_of, send
from tests.support.relying_party import Browser
from tests.support.staff import new_staff, sign_in, staff_of

IMPORT = "/staff/register/import"
WITHDRAWALS = "/staff/register/withdrawals"
EXPORTS = "/staff/register/exports"
TITLES = (
    "組合員番号,姓,名,姓カナ,名カナ,生年月日,勤務状況,勤務先,郵便番号,都道府県,市区町村,番地等,"
    "電話番号,メールアドレス,出資金入金日,脱退届受理日,返還予定日,出資金返還日"
)


_others: dict[str, dict[str, Any]] = {}


def other_clerk(demo: Demo) -> dict[str, Any]:
    """Make a second clerk, once for each demo."""
    key = str(demo.data)
    if key not in _others:
        _others[key] = new_staff(demo, "meibo2", "clerk")
    return _others[key]


@dataclass(frozen=True)
class Desk:
    """Two clerks of a demo who are signed in."""

    demo: Demo
    one: Browser
    two: Browser

    def upload(self, data: bytes, browser: Browser | None = None) -> requests.Response:
        """Send a file; gives the answer."""
        return upload(browser or self.one, data)

    def preview(self, data: bytes) -> tuple[str, str]:
        """Send a file; gives the address of its page, and the page."""
        answer = self.upload(data)
        assert answer.status_code == 303, (answer.status_code, answer.text[:400])
        where = answer.headers["Location"]
        return where, self.one.get(where).text

    def decide(self, where: str, decision: str = "approve") -> requests.Response:
        """Let the other clerk decide about a request, by its address."""
        form = self.two.get(where).text
        return send(self.two, form, "decide", decision=decision, reason="確かめました")


def upload(browser: Browser, data: bytes, **extra: str) -> requests.Response:
    """Send a file with the form of the page."""
    fields = fields_of(browser.get(IMPORT).text, "import") | extra
    files = {"file": ("register.csv", data, "text/csv")}
    return browser.post(IMPORT, fields, files=files)


def rows(first: int, count: int, **changes: str) -> str:
    """Write a register file of obviously fictional members."""
    lines = [TITLES]
    for n in range(first, first + count):
        one = {
            "family": "見本",
            "given": f"例{n % 10}",
            "kana": "ミホン",
            "workplace": "みほん小学校",
            "paid": "2010-04-30",
            "accepted": "",
            "refund": "",
        } | changes
        lines.append(
            f"{n:08},{one['family']},{one['given']},{one['kana']},レイ,1961-05-12,現職,"
            f"{one['workplace']},000-0000,東京都,架空市,見本町{n}-1,,,"
            f"{one['paid']},{one['accepted']},{one['refund']},"
        )
    return "\r\n".join(lines) + "\r\n"


def open_desk(demo: Demo) -> Desk:
    """Sign two clerks in."""
    second = sign_in(demo, other_clerk(demo))
    return Desk(demo, sign_in(demo, staff_of(demo, "clerk")), second)


def logged(demo: Demo, name: str, *more: str) -> str:
    """Search the log for events of a name, as an auditor does; one JSON object to a line."""
    search = ("audit", "search", "--name", name, *more, "--format", "json")
    return commands(demo).must(*search)
