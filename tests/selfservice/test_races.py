"""What may happen once happens once, however many press the button at one moment.

Two worker processes, on SQLite and on PostgreSQL with Redis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.races.crowd import Answer, Crowd, Shot
from tests.selfservice.house import (
    NEW_PASSWORD,
    PASSWORD,
    House,
    Person,
    house_of,
    link_in,
    post_form,
    secret_of,
)
from tests.support.crowds import MANY
from tests.support.relying_party import Browser, hidden_fields
from tests.support.stores import KINDS, demo_on

CROWD = MANY


@pytest.fixture(scope="module", params=KINDS)
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """A demo of its own on either kind of stores."""
    with (
        demo_on(request.param, Path(tmp_path_factory.mktemp("races"))) as demo,
        house_of(demo) as opened,
    ):
        yield opened
        for log in (demo.data / "logs").glob("*.log"):
            assert "Traceback" not in log.read_text("utf-8", "replace"), log.name


def fire(house: House, browser: Browser, path: str, form: dict[str, str]) -> list[Answer]:
    """Send one form a hundred times at once, with the cookies of a browser."""
    cookies = "; ".join(f"{c.name}={c.value}" for c in browser.http.cookies)
    shots = [Shot("POST", path, form, {"Cookie": cookies})] * CROWD
    return Crowd(house.demo.issuer).fire(shots, within=60)


def test_many_confirmations_of_one_link_change_the_address_once(
    house: House, person: Person
) -> None:
    browser, email = house.signed_in(person), f"race-{person.email}"
    post_form(browser, "/account/address", "new-address", {"email": email})
    stranger = Browser(house.demo.issuer)
    for step, address in (("new", email), ("old", person.email)):
        link = link_in(house.mail_to(address), step)
        form = hidden_fields(stranger.get(link).text) | {"link": secret_of(link)}
        answers = fire(house, stranger, f"/account/address/{step}", form)
        # Beyond five at once the budget of the link is not spent: right answers cost nothing.
        assert Counter(a.status for a in answers)[200] == 1, Counter(a.status for a in answers)
    assert house.events(person, "address.confirmed") == 2
    assert house.events(person, "address.changed") == 1
    house.mail_to(email, 2)
    assert len(house.mails_to(email)) == 2, "asked and told, once each"


def test_many_undos_put_it_back_once(house: House, person: Person) -> None:
    browser, email = house.signed_in(person), f"back-{person.email}"
    post_form(browser, "/account/address", "new-address", {"email": email})
    for address in (email, person.email):
        code = house.mail_to(address)["code"]
        post_form(browser, "/account/address", "new-address", {"code": code})
    link = link_in(house.mail_to(person.email, 2), "undo")
    stranger = Browser(house.demo.issuer)
    answers = fire(house, stranger, "/account/address/undo", hidden_fields(stranger.get(link).text))
    assert Counter(a.status for a in answers)[200] == 1
    assert house.events(person, "address.change_undone") == 1


def test_many_changes_of_the_password_set_it_once(house: House, person: Person) -> None:
    browser = house.signed_in(person)
    form = hidden_fields(browser.get("/account/password").text) | {
        "password": PASSWORD,
        "new_password": NEW_PASSWORD,
        "new_password_again": NEW_PASSWORD,
    }
    answers = fire(house, browser, "/account/password", form)
    assert Counter(a.status for a in answers)[200] == 1, Counter(a.status for a in answers)
    assert house.events(person, "password.set") == 1
    assert house.can_sign_in(person.email, NEW_PASSWORD)


def test_stopping_a_hundred_times_stops_once(house: House, person: Person) -> None:
    browser = house.signed_in(person)
    form = hidden_fields(browser.get("/account/stop").text)
    answers = fire(house, browser, "/account/stop", form)
    assert {a.status for a in answers} == {303}
    assert house.events(person, "account.stopped") == 1


def test_an_objection_sent_a_hundred_times_is_recorded_once(house: House, person: Person) -> None:
    browser = house.signed_in(person)
    page = browser.get("/account/history").text
    form = hidden_fields(page.split('<li class="entry">')[1])
    assert {a.status for a in fire(house, browser, "/account/history", form)} == {200}
    assert house.events(person, "session.contested") == 1
