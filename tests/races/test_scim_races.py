"""A hundred core systems at once tell of one member: one member, one event."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from tests.provisioning.scim import a_user, core_of, new_number
from tests.support.crowds import MANY
from tests.support.demo import Demo, wait_until


def test_a_hundred_identical_creates_make_one_member(demo: Demo) -> None:
    core, number = core_of(demo), new_number()
    sent = a_user(number)
    with ThreadPoolExecutor(100) as crowd:
        answers = list(crowd.map(lambda _: core.send("POST", "/Users", sent), range(MANY)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [409] * (MANY - 1)
    assert core.find(f'userName eq "{number}"')["totalResults"] == 1


def test_a_hundred_changes_of_one_version_make_one_change(demo: Demo) -> None:
    core = core_of(demo)
    made = core.create(number=new_number())

    def change(index: int) -> int:
        operation = {"op": "replace", "path": "externalId", "value": f"turn-{index}"}
        version = made["meta"]["version"]
        return core.patch(made["id"], operation, If_Match=version).status_code

    with ThreadPoolExecutor(100) as crowd:
        statuses = sorted(crowd.map(change, range(MANY)))
    assert statuses == [200] + [412] * (MANY - 1)


def test_the_log_holds_one_event_for_each(demo: Demo) -> None:
    core = core_of(demo)
    token = json.loads(demo.idp("scim", "token", "list", "--format", "json").stdout)[-1]["id"]

    def events() -> int:
        found = demo.idp("audit", "search", "--name", "member.created", "--format", "json")
        return sum(f"scim:{token}" in line for line in found.stdout.splitlines())

    sent = a_user(new_number())
    with ThreadPoolExecutor(20) as crowd:
        list(crowd.map(lambda _: core.send("POST", "/Users", sent), range(20)))
    wait_until(events)
    assert events() == 1
