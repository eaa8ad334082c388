"""The events of a made-up log: three years of a co-op, in visits, refusals and acts of the staff.

The same number gives the same mix. Nothing in it belongs to anybody: subjects are numbers, and the
addresses those for documentation and for networks behind a carrier (RFC 5737, RFC 6598).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.event import Actor, Event, Personal, Source, new_id
from audit.names import EventName as Name
from idp.subjects.service import stranger

BEGIN = datetime(2023, 11, 1, tzinfo=UTC)
YEARS = timedelta(days=3 * 365)
SUBJECTS = 100_000
CLIENTS = ("portal", "card")
STAFF = tuple(f"staff-{number}" for number in range(40))
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36",
)
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VISIT = (
    (Name.SESSION_STARTED, "member"),
    (Name.CODE_ISSUED, "member"),
    (Name.TOKEN_ISSUED, "client"),
    (Name.CLAIMS_READ, "client"),
    (Name.REFRESH_ROTATED, "client"),
    (Name.SESSION_ENDED, "member"),
    (Name.LOGOUT_DELIVERED, "system"),
)
MEMBERS = (
    Name.PASSWORD_SET,
    Name.PASSWORD_RESET_REQUESTED,
    Name.VERIFICATION_CODE_SENT,
    Name.FACTOR_ADDED,
    Name.ADDRESS_CHANGE_REQUESTED,
    Name.CHANGE_FILED,
    Name.DATA_DOWNLOADED,
)
OFFICE = (Name.MEMBER_VIEWED, Name.MEMBER_UPDATED, Name.CHANGE_APPROVED, Name.BLOCK_LIFTED)
MACHINE = (Name.MAIL_SENT, Name.MAIL_SENT, Name.NOTICE_SENT, Name.MAIL_FAILED)


@dataclass(frozen=True)
class Made:
    """One event with what its row holds beside the line."""

    event: Event
    reference: str | None


def subject(number: int) -> str:
    """Name a subject."""
    return f"sub-{number:06}"


def address(chance: random.Random, number: int) -> str:
    """Give where somebody is: at home, or at one of the schools, which are one address each."""
    if chance.random() < 0.4:
        return f"198.51.100.{number % 200}"
    home = number * 7 % (64 * 65_536)
    return f"100.{64 + home // 65_536}.{home // 256 % 256}.{home % 256}"


def events(first: int, count: int, total: int) -> Iterator[Made]:
    """Make the events from one on; `total` stretches three years over all of them."""
    chance = random.Random(f"audit {first}")
    step = YEARS / total
    now, made = BEGIN + first * step, 0
    while made < count:
        for one in _happening(chance, now):
            now += step
            yield one
            made += 1
            if made == count:
                return


def _happening(chance: random.Random, now: datetime) -> Iterator[Made]:
    number = min(int(chance.paretovariate(0.8)) * chance.randrange(1, 997), 10**9) % SUBJECTS
    kind = chance.random()
    if kind < 0.62:
        yield from _visit(chance, number, now)
    elif kind < 0.80:
        yield _refusal(chance, number, now)
    elif kind < 0.88:
        yield _one(chance, now, chance.choice(MEMBERS), number, Actor("member", subject(number)))
    elif kind < 0.94:
        staff = Actor("staff", chance.choice(STAFF), "clerk")
        case = f"case-{chance.randrange(10**6):06}"
        yield _one(chance, now, chance.choice(OFFICE), number, staff, case=case)
    else:
        name = chance.choice(MACHINE)
        outcome = "failed" if name is Name.MAIL_FAILED else "done"
        yield _one(chance, now, name, number, Actor("system"), outcome=outcome, placed=False)


def _visit(chance: random.Random, number: int, now: datetime) -> Iterator[Made]:
    session, client = f"{chance.getrandbits(128):032x}", CLIENTS[chance.random() < 0.3]
    place = address(chance, number)
    for name, kind in VISIT[: chance.choice([4, 6, 6, 7])]:
        who = {"member": subject(number), "client": client}.get(kind)
        values: dict[str, Any] = {"session": session, "client": client, "place": place}
        yield _one(chance, now, name, number, Actor(kind, who), **values)


def _refusal(chance: random.Random, number: int, now: datetime) -> Made:
    known = chance.random() < 0.7
    limited = chance.random() < 0.2
    reference = "".join(chance.choices(LETTERS, k=8)) if chance.random() < 0.5 else None
    return _one(
        chance,
        now,
        Name.SIGN_IN_LIMITED if limited else Name.SIGN_IN_REFUSED,
        number if known else None,
        Actor("member"),
        client=CLIENTS[0],
        outcome="refused",
        reference=reference,
        place=address(chance, number),
    )


def _one(
    chance: random.Random,
    now: datetime,
    name: Name,
    number: int | None,
    actor: Actor,
    *,
    outcome: str = "done",
    reference: str | None = None,
    place: str | None = None,
    placed: bool = True,
    **more: Any,
) -> Made:
    who = subject(number) if number is not None else None
    person = who or stranger(now)
    where = place or address(chance, number or 0)
    source = (
        Source(Personal(where, person), Personal(chance.choice(AGENTS), person))
        if placed
        else Source()
    )
    decision = (
        {"rule": "password_from_unknown_device", "failed": chance.randrange(5), "limit": 5}
        if outcome == "refused"
        else None
    )
    event = Event(
        id=new_id(now),
        occurred_at=now,
        name=name,
        outcome=outcome,
        actor=actor,
        subject=who,
        source=source,
        request_id=f"{chance.getrandbits(64):016x}",
        decision=decision,
        data={"reference": reference} if reference else {"amr": ["pwd"]},
        **more,
    )
    return Made(event, reference)
