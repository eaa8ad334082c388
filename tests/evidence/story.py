"""Half a year of a deployment, lived through its real services on a clock that is moved.

The second quarter of 2031 is the period; what happens before and after it must not count in it.
Acts go through the services that people use; alerts, which take an hour to come, are recorded.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.accounts.service import Accounts
from idp.assembly.blocks import build_block_desk
from idp.assembly.sign_in import build_signing_in
from idp.assembly.staff import build_staff
from idp.authn.model import Attempt, Visit
from idp.bootstrap import prepare
from idp.clock import TOKYO, to_micros
from idp.inforce.service import activate
from idp.journal.model import Origin
from idp.lifecycle.standing import AccountStanding
from idp.members import store as members
from idp.members.model import Address, Dated, Employment, Member, Name
from idp.policy.folder import proposal, read_folder
from idp.settings import DEMO_FILE
from idp.storage.ephemeral import open_ephemeral
from idp.throttle.buckets import Buckets
from idp.throttle.slots import HashSlots
from tests.retention.house import House
from tests.stores.conftest import POLICIES, settings_for

PERIOD = "2031-Q2"
ADMIN = Actor("operator", "cli:admin")
PASSWORD = "mado kara mieru yama 5"
NAMES = ("見本", "花子")
STREET = "架空町一丁目"


@dataclass
class Story:
    """The deployment after its half year."""

    house: House
    subjects: dict[str, str] = field(default_factory=dict)
    staff: dict[str, str] = field(default_factory=dict)

    @property
    def clock_file(self) -> Path:
        file = self.house.foundation.settings.clock_file
        assert file is not None
        return file

    def at(self, text: str) -> datetime:
        """Move the clock to a time in Japan."""
        return move(self.clock_file, text)

    def evidence(
        self, folder: Path, period: str = PERIOD, font: Path | None = None
    ) -> dict[str, Any]:
        """Make a pack with the real command; give what it printed."""
        more = ["--font", str(font)] if font else []
        out = ("--out", str(folder))
        return dict(self.house.said("audit", "evidence", "--period", period, *out, *more))

    def events(self, name: EventName) -> list[dict[str, Any]]:
        """Read the lines of a name within the period, by looking at every one of them."""
        begin, end = (datetime(2031, month, 1, tzinfo=TOKYO) for month in (4, 7))
        with self.house.foundation.database.read() as tx:
            rows = tx.text("SELECT line FROM audit_event ORDER BY position").fetchall()
        found = [json.loads(row[0]) for row in rows]
        return [
            one
            for one in found
            if one["name"] == name and begin <= datetime.fromisoformat(one["occurred_at"]) < end
        ]


def move(clock: Path, text: str) -> datetime:
    """Set a clock file so that it is this time in Japan now."""
    wanted = datetime.fromisoformat(text).replace(tzinfo=TOKYO)
    clock.write_text(str((wanted - datetime.now(UTC)).total_seconds()))
    return wanted


def live(url: str, folder: Path) -> Story:
    """Live through it."""
    settings = settings_for(url, folder)
    assert settings.clock_file is not None
    move(settings.clock_file, "2031-03-20 09:00")
    # Commands follow a moved clock in a demo's folder only.
    facts = {
        "issuer": settings.issuer,
        "database_url": url,
        "policies": str(POLICIES),
        "master_key_file": str(settings.master_key_file),
        "clock_file": str(settings.clock_file),
    }
    lines = (f"{key} = {json.dumps(value)}\n" for key, value in facts.items())
    (folder / DEMO_FILE).write_text("".join(lines))
    story = Story(House(prepare(settings)))
    f = story.house.foundation
    staff, standing = (
        build_staff(f).directory,
        AccountStanding(f.database, f.clock, f.journal, f.endings),
    )

    def join(name: str, *roles: str) -> None:
        made = staff.add(f"{name}@mihon.example", f"架空 {name}", roles, ADMIN, f"{name} joined")
        story.staff[name] = made.account.id

    join("aoi", "helpdesk")
    join("mio", "security")
    for number, name in enumerate(("stopper", "blocked", "leaver", "happy"), 1):
        _member(f, name, f"0000000{number}", refund=date(2031, 6, 1) if name == "leaver" else None)
    story.at("2031-04-10 10:00")
    join("rei", "auditor")
    staff.change_roles(story.staff["aoi"], ["clerk"], ["helpdesk"], ADMIN, "moved to the register")
    story.at("2031-04-20 10:00")
    _activate(f, "min_length = 10", "min_length = 12")
    story.at("2031-05-01 10:00")
    accounts = Accounts(f.database, f.clock, f.policy, f.journal)
    for number, name in enumerate(("stopper", "blocked", "leaver", "happy"), 1):
        address = f"{name}@mihon.example"
        made = accounts.add(f"0000000{number}", address, PASSWORD, ADMIN)
        story.subjects[name] = made.subject
    sign_in = _signing_in(f)
    sign_in("happy", PASSWORD)
    for _ in range(5):
        sign_in("happy", "wrong")  # the fifth sets a block of half an hour
    sign_in("happy", "wrong")  # this one meets it
    sign_in("nobody", "wrong")
    story.at("2031-05-02 10:00")
    for _ in range(5):
        sign_in("happy", "wrong")
    desk = build_block_desk(f)
    (running,) = desk.page()
    desk.lift(running.id, Actor("staff", story.staff["mio"], "security"), "asked by telephone")
    story.at("2031-05-10 10:00")
    for _ in range(2):
        sign_in("stopper", PASSWORD)
    sign_in("blocked", PASSWORD)
    standing.stop(story.subjects["stopper"], ADMIN, "asked for it")
    standing.block(story.subjects["blocked"], ADMIN, "lost phone")
    story.at("2031-05-31 23:50")
    sign_in("leaver", PASSWORD)
    story.at("2031-06-01 00:07")
    standing.end_former_members()
    story.at("2031-06-20 10:00")
    staff.end(story.staff["mio"], ADMIN, "left the co-op")
    _alert(f, "sealing_lag", "", 90)
    _alert(f, "clock_offset", "database", 7)
    story.house.idp("audit", "search", "--limit", "3")
    export = str(folder / "search.csv")
    only = ("--name", "account.created")
    story.house.idp("audit", "export", "--form", "csv", "--out", export, *only)
    story.house.seal()
    story.at("2031-07-05 10:00")
    staff.change_roles(story.staff["aoi"], ["helpdesk"], [], ADMIN, "back at the desk")
    for _ in range(3):
        sign_in("happy", "wrong")
    _activate(f, "min_length = 12", "min_length = 14")
    story.house.seal()
    story.at("2031-08-10 10:00")
    return story


def _member(f: Any, name: str, number: str, refund: date | None) -> None:
    long_ago = date(2001, 4, 1)
    member = Member(
        member_number=number,
        birth_on=date(1950, 1, 2),
        employment=Employment.RETIRED,
        workplace="",
        names=(Dated(Name(*NAMES, "", ""), long_ago),),
        addresses=(Dated(Address("1000001", "東京都", "架空市", STREET), long_ago),),
        email=f"register-{name}@mihon.example",
        capital_paid_on=date(2031, 4, 15) if name == "happy" else long_ago,
        refund_planned_on=refund,
    )
    with f.database.begin() as tx:
        members.add_many(tx, [member], to_micros(f.clock.now()))


def _signing_in(f: Any) -> Callable[[str, str], object]:
    short = open_ephemeral(None, f.database, f.clock)
    service = build_signing_in(f, Buckets(short.storage, f.policy, short.outages), HashSlots(1))

    def sign_in(name: str, password: str) -> object:
        visit = Visit(None, None, (), Origin("203.0.113.9", "a browser"))
        attempt = Attempt(f"{name}@mihon.example", password, shared_device=False, visit=visit)
        return service.password.sign_in(attempt)

    return sign_in


def _activate(f: Any, old: str, new: str) -> None:
    texts = dict(f.policy.current.texts) if f.policy.current else dict(read_folder(POLICIES).texts)
    assert old in texts["passwords"]
    texts["passwords"] = texts["passwords"].replace(old, new)
    with f.database.begin() as tx:
        assert activate(tx, f.journal, f.clock, proposal(texts), ADMIN, str(ADMIN.id))


def _alert(f: Any, kind: str, about: str, count: int) -> None:
    now = f.clock.now()
    with f.database.begin() as tx:
        data = {"alert": f"alert-{kind}", "kind": kind, "about": about, "count": count}
        f.journal.record(tx, EventName.ALERT_RAISED, now, outcome="failed", data=data)
        later = now + timedelta(minutes=5)
        f.journal.record(tx, EventName.ALERT_ENDED, later, data=data)
