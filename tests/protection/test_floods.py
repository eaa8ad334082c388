"""An address over its limit fills no log and tells nothing: one event a minute, a code for each."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from idp.attempts.explaining import explain
from idp.blocks import store as blocks
from idp.clock import to_micros
from tests.lifecycle.house import House
from tests.lifecycle.people import Person, new_person
from tests.protection.conftest import (
    WRONG,
    attempt,
    browser_at,
    events,
    pass_time,
    set_limit,
    sign_out,
    somewhere,
)
from tests.protection.test_the_owner_under_attack import same_page

LIMIT, MORE = 20, 60


@pytest.fixture(scope="module")
def narrow(house: House) -> Iterator[House]:
    """The house with a small limit per address."""
    set_limit(house, "failures_per_address", LIMIT)
    yield house
    set_limit(house, "failures_per_address", 1_000_000)


def code_on(page: str) -> str:
    found = re.search(r'<strong class="code">([^<]+)<', page)
    assert found is not None
    return found[1]


def fill(house: House, address: str) -> str:
    """Fail from one address until it is over its limit; answers the last page."""
    page = ""
    for number in range(LIMIT):
        browser = browser_at(house, address)
        assert attempt(browser, f"nobody.{number}@mihon.example", WRONG) == 401
        page = browser.page
    return page


def test_what_comes_after_the_limit_is_one_event_with_every_code(narrow: House) -> None:
    address = somewhere()
    before = fill(narrow, address)
    events_before = len(events(narrow, "sign_in.refused")) + len(events(narrow, "sign_in.limited"))
    codes = []
    for number in range(MORE):
        browser = browser_at(narrow, address)
        assert attempt(browser, f"nobody.{number}@mihon.example", WRONG) == 401
        assert same_page(browser.page, before.replace("nobody.19@", f"nobody.{number}@"))
        codes.append(code_on(browser.page))
    assert len(set(codes)) == MORE, "each refusal has a code of its own"
    assert len(events(narrow, "sign_in.refused")) + len(events(narrow, "sign_in.limited")) == (
        events_before
    )
    with narrow.foundation.database.read() as tx:
        waiting = explain(tx, codes[7])
    assert waiting is not None, "a code is known before its minute is over"
    pass_time(narrow, 61)
    assert narrow.foundation.floods.record_due(narrow.now()) >= 1
    assert narrow.foundation.floods.record_due(narrow.now()) == 0
    found = events(narrow, "flood.counted")
    assert sum(one["data"]["count"] for one in found) == MORE
    assert len(found) <= 2, "the minute may have turned once"
    with narrow.foundation.database.read() as tx:
        for code in codes:
            told = explain(tx, code)
            assert told is not None
            assert "同じ接続元" in told.sentences("ja")
    assert address not in str(found), "the address is a personal field"


def test_a_known_device_at_that_address_signs_in_all_the_same(narrow: House, owner: Person) -> None:
    """A school has one address: an infected PC must not lock its teachers out."""
    address = somewhere()
    phone = browser_at(narrow, address)
    assert attempt(phone, owner.address, owner.password) == 200
    sign_out(phone)
    fill(narrow, address)
    stranger = browser_at(narrow, address)
    somebody = new_person(narrow)
    assert attempt(stranger, somebody.address, somebody.password) == 401, "not even a right one"
    assert attempt(phone, owner.address, owner.password) == 200
    assert attempt(browser_at(narrow), somebody.address, somebody.password) == 200


def test_staff_see_the_address_among_the_blocks_until_its_window_is_over(narrow: House) -> None:
    address = somewhere()
    fill(narrow, address)
    attempt(browser_at(narrow, address), "nobody@mihon.example", WRONG)
    bucket = f"failures_per_address:{address}/32"
    with narrow.foundation.database.read() as tx:
        (block,) = blocks.running_on(tx, bucket, to_micros(narrow.now()))
    assert block.kind.value == "address"
    assert all(address not in str(one) for one in events(narrow, "block.started"))
    pass_time(narrow, 601)
    with narrow.foundation.database.read() as tx:
        assert blocks.running_on(tx, bucket, to_micros(narrow.now())) == []
