"""`idp doctor config` names the requests that would find nobody but the one who asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo import Demo, running_demo
from tests.support.staff import add_staff, enrol


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A demo that no other test has given a colleague."""
    with running_demo(tmp_path, "--workers", "1") as running:
        yield running


def notes(demo: Demo) -> list[str]:
    said = json.loads(demo.idp("doctor", "config", "--format", "json").stdout)
    return [one for one in said["notes"] if "register.approve" in one]


def test_requests_that_nobody_else_may_decide_about_are_named(demo: Demo) -> None:
    alone = notes(demo)
    assert len(alone) == 1, alone
    assert "register.import, register.withdrawal" in alone[0]
    colleague = add_staff(demo, "clerk-of-two", "clerk")
    assert notes(demo) == alone, "an account that nobody has set up decides nothing"
    enrol(demo, colleague["link"], "tsukue to mado no hana 7")
    assert notes(demo) == []
