"""What an operator does about blocks and limits, by the commands, after an attack."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from idp.cli import idp
from tests.lifecycle.house import House
from tests.lifecycle.people import Person
from tests.protection.conftest import WRONG, attempt, browser_at, events
from tests.protection.test_floods import code_on

LIMIT = 5
RULE = "password_from_unknown_device"


class Operator:
    """Runs commands on the data of a house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.data = house.foundation.settings.data

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(idp, list(arguments), env={"IDP_DATA": str(self.data)})

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--format", "json")
        assert done.exit_code == 0, done.output + str(done.exception)
        return json.loads(done.stdout)

    def policy(self, folder: Path, old: str, new: str) -> Path:
        """Copy the policy in force with one change."""
        shutil.copytree(self.house.foundation.settings.policies, folder)
        text = (folder / "limits.toml").read_text("utf-8")
        assert old in text
        (folder / "limits.toml").write_text(text.replace(old, new), "utf-8")
        return folder


@pytest.fixture
def operator(house: House) -> Operator:
    return Operator(house)


@pytest.fixture
def code(house: House, owner: Person) -> str:
    """The code on a stranger's page after the owner's account was blocked."""
    for _ in range(LIMIT + 1):
        browser = browser_at(house)
        assert attempt(browser, owner.address, WRONG) == 401
    return code_on(browser.page)


def test_a_block_is_listed_explained_and_lifted_once_with_a_reason(
    house: House, owner: Person, operator: Operator, code: str
) -> None:
    (listed,) = [
        one
        for one in operator.json("block", "list", "--rule", RULE)
        if one["subject"] == owner.subject
    ]
    told = operator.json("block", "explain", listed["reference"])
    (event,) = events(house, "block.started", owner.subject)
    assert told["ja"] == event["data"]["explained"]["ja"]
    assert told["en"] == event["data"]["explained"]["en"]
    assert operator.run("block", "lift", listed["id"]).exit_code == 2, "no reason was given"
    operator.json("block", "lift", listed["reference"], "--reason", "proofed by telephone")
    again = operator.run("block", "lift", listed["id"], "--reason", "once more")
    assert again.exit_code == 1
    assert attempt(browser_at(house), owner.address, owner.password) == 200


def test_all_of_one_cause_are_counted_first_and_lifted_then(
    house: House, owner: Person, operator: Operator, code: str
) -> None:
    why = ("--rule", RULE, "--reason", "a campaign is over")
    wanted = operator.json("block", "lift", *why, "--dry-run")["would_lift"]
    assert wanted >= 1
    assert attempt(browser_at(house), owner.address, owner.password) == 401
    assert operator.json("block", "lift", *why)["lifted"] == wanted
    assert operator.json("block", "lift", *why)["lifted"] == 0
    assert attempt(browser_at(house), owner.address, owner.password) == 200


def test_a_block_by_a_person_stands_in_the_same_list_and_is_lifted_the_same_way(
    house: House, owner: Person, operator: Operator
) -> None:
    operator.json("account", "block", owner.number, "--reason", "reported stolen")
    (listed,) = [one for one in operator.json("block", "list") if one["subject"] == owner.subject]
    assert (listed["rule"], listed["scope"], listed["until"]) == ("person", "everyone", None)
    operator.json("block", "lift", listed["id"], "--reason", "found again")
    assert attempt(browser_at(house), owner.address, owner.password) == 200


def test_the_rules_one_attempt_met_are_shown_with_hit_or_miss(
    operator: Operator, code: str
) -> None:
    found = operator.json("policy", "explain", code)
    results = {one["rule"]: one["result"] for one in found["rules"]}
    assert results[RULE] == "hit"
    assert set(results.values()) == {"hit", "miss"}
    assert operator.run("policy", "explain", "22222222").exit_code == 1


def test_what_a_policy_changes_is_said_in_words(operator: Operator, tmp_path: Path) -> None:
    other = operator.policy(tmp_path / "other", "count = 50", "count = 40")
    changes = operator.json("policy", "diff", "active", str(other))["changes"]
    assert changes == [
        "limits.toml: [consecutive_failures_of_strangers] allows fewer failures: 40 instead of 50"
    ]
    assert operator.json("policy", "diff", "active", "active")["changes"] == []


def test_a_policy_is_rehearsed_on_what_was_recorded(
    house: House, owner: Person, operator: Operator, code: str, tmp_path: Path
) -> None:
    strict = operator.policy(
        tmp_path / "strict", 'count = 5\nperiod = "15m"', 'count = 2\nperiod = "15m"'
    )
    today = house.today()
    period = ("--from", str(today - timedelta(days=2)), "--to", str(today + timedelta(days=2)))
    found = operator.json("policy", "rehearse", str(strict), *period)
    assert found["check"]["different"] == 0
    assert found["check"]["reproduced"] > LIMIT
    assert found["refused"] > found["refused_then"]
    assert found["bias"]


def test_the_weather_is_drawn_with_its_numbers_in_a_table(
    operator: Operator, code: str, tmp_path: Path
) -> None:
    page = tmp_path / "weather.html"
    found = operator.json("block", "weather", "--hours", "1", "--out", str(page))
    assert sum(step["wrong"] for step in found["steps"]) >= LIMIT
    assert "<svg" in page.read_text("utf-8")
    assert "<table" in page.read_text("utf-8")
