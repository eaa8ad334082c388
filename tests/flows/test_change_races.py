"""Change requests, all at once: one key files once, and of twenty clerks one decides.

Two worker processes, on SQLite and on PostgreSQL with Redis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from audit.event import Actor
from idp.assembly.changes import build_deciding
from idp.assembly.foundation import build_foundation
from idp.assembly.register import build_register
from idp.changes.model import ChangeDecided, DifferenceChanged
from idp.clock import date_in_tokyo
from idp.members import store as members
from idp.members.model import phone_on
from idp.settings import read_settings
from tests.flows.change_scene import NEW_NAME, NEW_PHONE, filer, problem, told_by_core
from tests.support.crowds import MANY
from tests.support.demo import Demo
from tests.support.stores import KINDS, demo_on


@pytest.fixture(scope="module", params=KINDS)
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """A demo of its own on either kind of stores."""
    with demo_on(request.param, Path(tmp_path_factory.mktemp("races"))) as running:
        yield running


def test_one_key_files_once_a_hundred_at_a_time(demo: Demo) -> None:
    here = filer(demo, 3)

    def send(_: int) -> tuple[int, str]:
        answer = here.file("phone", NEW_PHONE, Idempotency_Key="key-of-one-form-0001")
        return answer.status_code, answer.headers.get("Location", answer.text)

    with ThreadPoolExecutor(50) as pool:
        answers = Counter(pool.map(send, range(MANY)))
    assert len(answers) == 1, answers
    assert next(iter(answers))[0] == 201
    assert len(here.listed()) == 1
    reused = here.file(
        "phone", {"phone_number": "090-1111-2222"}, Idempotency_Key="key-of-one-form-0001"
    )
    problem(reused, 422, "idempotency-key-reused")
    problem(here.file("phone", NEW_PHONE, Idempotency_Key="k" * 129), 400, "bad-idempotency-key")
    # The key is one client's for one member: elsewhere it is another.
    assert filer(demo, 4).file("phone", NEW_PHONE, Idempotency_Key="key-of-one-form-0001").ok


def test_of_twenty_clerks_who_decide_at_once_one_wins(demo: Demo) -> None:
    here = filer(demo, 5)
    change = here.file("name", NEW_NAME).json()["id"]
    f = build_foundation(read_settings({"IDP_DATA": str(demo.data)}))
    digest = build_deciding(f).look(change, Actor("operator", "clerk")).digest

    def decide(number: int) -> str:
        deciding, clerk = build_deciding(f), Actor("operator", f"clerk-{number}")
        try:
            if number % 2:
                deciding.refuse(change, clerk, "cannot be read")
            else:
                deciding.approve(change, f.clock.today(), clerk, "seen", digest)
        except ChangeDecided:
            return "late"
        return "refused" if number % 2 else "approved"

    try:
        with ThreadPoolExecutor(20) as pool:
            done = Counter(pool.map(decide, range(20)))
    finally:
        f.database.dispose()
    assert done["late"] == 19
    (won,) = set(done) - {"late"}
    assert here.listed()[0]["state"] == won
    page = here.client.userinfo(here.token).json()
    assert (page["family_name"] == "髙﨑") is (won == "approved")
    late = here.send("DELETE", f"/{change}")
    problem(late, 409, "decided")


def test_an_import_at_the_same_moment_is_never_overwritten_unseen(demo: Demo) -> None:
    """CWE-367: whichever comes first, what the clerk did not see stands in the end."""
    here, number = filer(demo, 8), str(demo.member(index=8)["number"])
    f = build_foundation(read_settings({"IDP_DATA": str(demo.data)}))
    deciding, register = build_deciding(f), build_register(f)
    clerk = Actor("operator", "clerk")

    def approve(change: str, digest: str) -> str:
        try:
            deciding.approve(change, f.clock.today(), clerk, "seen", digest)
        except DifferenceChanged:
            return "moved"
        return "approved"

    try:
        for turn in range(4):
            filed = here.file("phone", {"phone_number": f"03-1111-000{turn}"})
            change = filed.json()["id"]
            digest = deciding.look(change, clerk).digest
            core = told_by_core(number, 電話番号=f"03-2222-000{turn}")
            with ThreadPoolExecutor(2) as pool:
                decided = pool.submit(approve, change, digest)
                applied = pool.submit(register.import_file, core, clerk, apply=True)
                assert not applied.result().bad
                told = decided.result()
            with f.database.read() as tx:
                member = members.get(tx, number)
            assert phone_on(member, date_in_tokyo(f.clock.now())) == f"+8132222000{turn}"
            state = {one["id"]: one["state"] for one in here.listed()}[change]
            assert state == ("approved" if told == "approved" else "open")
    finally:
        f.database.dispose()
