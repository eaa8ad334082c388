"""How long the clerks' pages take with 100,000 members: `python -m bench.register_desk`.

Every page is asked for through the whole application (session, permission, event, template), one
after the other in one process, on a SQLite file. Names are few, so that most searches find
thousands: the worst a register can do. Prints p50, p95, the slowest, and the largest page.
"""

from __future__ import annotations

import random
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import click
from rich.console import Console
from rich.table import Table
from werkzeug.test import Client

from audit.event import Actor, new_id
from bench.register import number_of, write_register
from idp.app import create_app
from idp.approvals.model import Author
from idp.assembly.foundation import Foundation
from idp.assembly.provider import build_provider
from idp.assembly.register import build_register
from idp.assembly.register_desk import build_withdrawals
from idp.assembly.registration import build_issuing
from idp.assembly.staff import build_staff
from idp.bootstrap import prepare
from idp.changes import store as changes
from idp.changes.model import ChangeRequest, Kind, State
from idp.invitations.model import SentBy
from idp.journal.model import NOWHERE
from idp.members import store as members
from idp.register_desk.withdrawal_model import Wanted
from idp.settings import Settings
from idp.staff import store as staff
from idp.staff.model import StaffVisit
from keys.master import MasterKeys

POLICIES: Final = Path(__file__).parents[1] / "policies"
OPERATOR: Final = Actor("operator", "bench")
TARGET_MS: Final = 200.0
TARGET_BYTES: Final = 100_000
OPEN_CHANGES, INVITED, LEAVING = 2_000, 3_000, 800


@dataclass
class Page:
    """A page, the addresses it is asked for under, and what each answer took and weighed."""

    name: str
    draw: Callable[[random.Random], str]
    took: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)
    """Milliseconds of CPU: what stays when others use the machine."""
    largest: int = 0


def pages(count: int, day: str) -> list[Page]:
    """Name what clerks open."""

    def search(*typed: str) -> Callable[[random.Random], str]:
        def draw(chance: random.Random) -> str:
            last = f"{chance.randrange(10_000):04}"
            said = chance.choice(typed).format(last=last)
            page = chance.choice(("1", "1", "1", "2", "9"))
            return "/staff/members?" + urlencode({"q": said, "page": page})

        return draw

    def member(chance: random.Random) -> str:
        return f"/staff/members/{number_of(chance.randrange(count))}"

    return [
        Page("search: a name that thousands have", search("見本", "雛形花", "髙例健", "例示さく")),
        Page("search: how it is read", search("みほん", "ﾋﾅｶﾞﾀｷ", "レイジ", "たかれい")),
        Page("search: last digits of a telephone", search("{last}")),
        Page("search: name and digits", search("見本 {last}", "レイジ {last}")),
        Page("search: nobody", search("無名", "ナナシ", "無名 {last}")),
        Page("a member", member),
        Page("change requests", lambda c: f"/staff/changes?page={c.randrange(1, 41)}"),
        Page("calendar of two months", lambda _: "/staff/register/calendar"),
        Page("calendar of a year", lambda _: f"/staff/register/calendar?from={day}&to={day}"),
        Page("a day with 800 refunds", lambda _: f"/staff/register/calendar/{day}"),
        Page("invitations", lambda _: "/staff/register/invitations"),
        Page("letters to print", lambda _: "/staff/register/letters"),
        Page("withdrawals", lambda _: "/staff/register/withdrawals"),
        Page("exports", lambda _: "/staff/register/exports"),
    ]


def fill(f: Foundation, count: int) -> str:
    """Put members, change requests, invitations and withdrawals in; gives the day of refunds."""
    build_register(f).import_file(write_register(count), OPERATOR, apply=True)
    now, today = f.clock.now(), f.clock.today()
    numbers = [number_of(index) for index in range(count)]
    with f.database.begin() as tx:
        for n in range(min(OPEN_CHANGES, count)):
            due = today + timedelta(days=n % 9 - 3)
            wanted = {"phone_number": "+81300000000"}
            one = ChangeRequest(
                *(new_id(now), numbers[n], f"subject-{n}", Kind.PHONE, wanted),
                *("kumiai-id", now, due, State.OPEN),
            )
            changes.add(tx, one, None)
        asked = [members.get(tx, number) for number in numbers[-INVITED:]]
        build_issuing(f).issue(tx, asked, now, OPERATOR, sent_by=SentBy.LETTER)
    refund = today + timedelta(days=40)
    withdrawals = build_withdrawals(f)
    wanted_list = Wanted(tuple(numbers[:LEAVING]), today, refund)
    with f.database.together() as tx:
        rows = withdrawals.rows(tx, wanted_list)
        withdrawals.record(tx, wanted_list, rows, Author(OPERATOR, "bench", NOWHERE))
    return refund.isoformat()


def clerk(f: Foundation) -> str:
    """Hire a clerk and sign them in; gives the cookie."""
    built = build_staff(f)
    made = built.directory.add("meibo@mihon.example", "架空 例", ["clerk"], OPERATOR, "bench")
    with f.database.begin() as tx:
        account = staff.find(tx, made.account.id)
        assert account is not None
        visit = StaffVisit(None, None, (), NOWHERE)
        started = built.sessions.start(tx, account, visit, "/staff", {}, f.clock.now())
    return f"kumiai_idp_staff={started.session_cookie}"


def settings_in(folder: Path) -> Settings:
    """Give a deployment in a folder, with look-ups that no limit stops."""
    policies = folder / "policies"
    shutil.copytree(POLICIES, policies)
    file = policies / "register.toml"
    text = re.sub(r"_per_day = \d+", "_per_day = 1000000", file.read_text("utf-8"))
    file.write_text(text, "utf-8")
    key = folder / "master.keys"
    key.write_text(MasterKeys.generate_text())
    key.chmod(0o600)
    url = f"sqlite:///{folder / 'idp.db'}"
    return Settings("http://127.0.0.1:8000", folder, url, policies, key)


@click.command()
@click.option("--members", "count", default=100_000, show_default=True)
@click.option("--requests", default=100, show_default=True, help="Of each page.")
@click.option("--seed", default=7, show_default=True)
def main(count: int, requests: int, seed: int) -> None:
    """Measure the clerks' pages."""
    console, chance = Console(), random.Random(seed)
    with tempfile.TemporaryDirectory() as made:
        f = prepare(settings_in(Path(made)))
        begun = time.perf_counter()
        day = fill(f, count)
        console.print(f"{count:,} members in {time.perf_counter() - begun:.0f} s")
        cookie = clerk(f)
        client = Client(create_app(build_provider(f)), use_cookies=False)
        found = pages(count, day)
        for page in found:
            measure(client, page, cookie, chance, requests)
        f.database.dispose()
    console.print(table(found))
    if any(p95(page.took) > TARGET_MS or page.largest > TARGET_BYTES for page in found):
        raise SystemExit(1)


def measure(client: Client, page: Page, cookie: str, chance: random.Random, requests: int) -> None:
    """Ask for a page again and again."""
    for turn in range(requests + 3):
        path = page.draw(chance)
        begun, idle = time.perf_counter(), time.process_time()
        answer = client.get(path, headers={"Cookie": cookie, "Host": "127.0.0.1:8000"})
        body = answer.get_data()
        took = (time.perf_counter() - begun) * 1000
        worked = (time.process_time() - idle) * 1000
        assert answer.status_code == 200, (path, answer.status_code, answer.headers)
        if turn >= 3:  # templates are compiled with the first
            page.took.append(took)
            page.worked.append(worked)
        page.largest = max(page.largest, len(body))


def p95(took: list[float]) -> float:
    """Tell below which time 95 of 100 lie."""
    return statistics.quantiles(took, n=20)[-1]


def table(found: list[Page]) -> Table:
    """Write the figures."""
    made = Table("page", "p50 ms", "p95 ms", "p95 CPU ms", "slowest ms", "bytes")
    for page in found:
        made.add_row(
            page.name,
            f"{statistics.median(page.took):.1f}",
            f"{p95(page.took):.1f}",
            f"{p95(page.worked):.1f}",
            f"{max(page.took):.1f}",
            f"{page.largest:,}",
        )
    return made


if __name__ == "__main__":
    main()
