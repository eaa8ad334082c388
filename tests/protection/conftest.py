"""A provider in this process with the shipped limits (those on addresses wide), and its people."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.event import Actor
from idp.inforce.service import activate
from idp.policy.folder import proposal
from tests.lifecycle.browser import Browser
from tests.lifecycle.house import House, open_house
from tests.lifecycle.people import Person, new_person

_ADDRESSES = itertools.count(1)
WRONG = "not the password"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    opened = open_house(
        Path(tmp_path_factory.mktemp("house")), shipped_limits=True, on_new_device="own"
    )
    yield opened
    opened.foundation.database.dispose()


@pytest.fixture
def owner(house: House) -> Person:
    return new_person(house)


def somewhere() -> str:
    """Give an address nobody came from before."""
    number = next(_ADDRESSES)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def browser_at(house: House, came_from: str | None = None, language: str = "ja") -> Browser:
    """Give a new browser, from a new address if none is told."""
    browser = Browser(house, "browser", came_from or somewhere())
    browser.get(f"/sign-in?lang={language}")
    return browser


def attempt(browser: Browser, address: str, password: str) -> int:
    """Fill in the sign-in form; answers the status of where that leads."""
    form = browser.form("sign-in")
    if form is None:
        browser.get("/sign-in")
        form = browser.form("sign-in")
    assert form is not None
    fields = form.hidden | {"username": address, "password": password}
    return browser.post(form.path, fields).status


def sign_out(browser: Browser) -> None:
    """Sign out; the browser stays known."""
    browser.get("/sign-out")
    form = browser.form("sign-out")
    assert form is not None
    browser.post(form.path, form.hidden)
    assert browser.session is None


def pass_time(house: House, seconds: float) -> None:
    house.set_clock(house.offset + seconds)


def set_limit(house: House, name: str, count: int) -> None:
    """Put a policy in force with another count for one limit."""
    f = house.foundation
    texts = dict(f.policy.current.texts)
    changed, done = re.subn(rf"(\[{name}\][^\[]*?\ncount = )\d+", rf"\g<1>{count}", texts["limits"])
    assert done == 1
    proposed = proposal(texts | {"limits": changed})
    with f.database.begin() as tx:
        activate(tx, f.journal, f.clock, proposed, Actor("operator", "test"), "test")
    f.policy._watch._next = 0.0  # look at once, not within a second


def events(house: House, name: str, subject: str | None = None) -> list[dict[str, object]]:
    """List the events of a name, newest first."""
    from idp.journal import store

    with house.foundation.database.read() as tx:
        found = store.search(tx, 2**62, 10_000, name=name, subject=subject)
    return [json.loads(line) for _, line in found]
