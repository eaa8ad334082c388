"""Of any number of parallel ends of one invitation, or with one address, one makes an account.

Two worker processes, on SQLite and on PostgreSQL with Redis.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from idp.clock import Clock
from tests.registration.registrant import (
    GOOD,
    Person,
    Registrant,
    feed,
    invitation_in,
    mail_to,
)
from tests.support.crowds import MANY
from tests.support.demo import Demo
from tests.support.relying_party import hidden_fields
from tests.support.stores import KINDS, demo_on

PEOPLE = [Person(f"{n:08}", email=f"m{n}@mihon.example") for n in (7061, 7062, 7063)]


@pytest.fixture(scope="module", params=KINDS)
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """A demo of its own on either kind of stores, with people who were just invited."""
    with demo_on(request.param, Path(tmp_path_factory.mktemp("races"))) as running:
        feed(running, PEOPLE, paid_on=Clock().today().isoformat())
        yield running
        for log in (running.data / "logs").glob("*.log"):
            assert "Traceback" not in log.read_text("utf-8", "replace"), log.name


@dataclass
class Ready:
    """A browser in which only the password is missing."""

    registrant: Registrant
    page: requests.Response

    def finish(self) -> requests.Response:
        """Send the password; what comes next is not followed."""
        typed = {"new_password": GOOD, "new_password_again": GOOD}
        fields = hidden_fields(self.page.text) | typed
        cookies = "; ".join(f"{c.name}={c.value}" for c in self.registrant.browser.http.cookies)
        return requests.post(
            f"{self.registrant.demo.issuer}/register",
            fields,
            headers={"Cookie": cookies},
            allow_redirects=False,
            timeout=60,
        )


def ready(demo: Demo, person: Person, address: str) -> Ready:
    """Go on until a password is asked for."""
    registrant, code = Registrant(demo), invitation_in(mail_to(demo, person.email))
    page = registrant.to_password(code, person, address)
    assert 'name="new_password"' in page.text, page.text
    return Ready(registrant, page)


def all_at_once(browsers: list[Ready], attempts: int) -> list[requests.Response]:
    """Send the last step from each browser in turn, many at a time."""
    turns = [browsers[index % len(browsers)] for index in range(attempts)]
    with ThreadPoolExecutor(40) as pool:
        return list(pool.map(Ready.finish, turns))


def ends(answers: list[requests.Response]) -> int:
    """Count the answers that say that it is done."""
    return sum(one.headers.get("Location") == "/register/done" for one in answers)


def test_a_hundred_parallel_ends_of_one_invitation_make_one_account(demo: Demo) -> None:
    person = PEOPLE[0]
    browsers = [ready(demo, person, f"race{number}@mihon.example") for number in range(2)]
    answers = all_at_once(browsers, MANY)
    assert ends(answers) == 1
    assert {one.status_code for one in answers} <= {303, 410, 503}
    assert "subject: None" not in demo.idp("member", "show", person.number).stdout


def test_two_registrations_of_one_address_make_one_account(demo: Demo) -> None:
    browsers = [ready(demo, person, "shared@mihon.example") for person in PEOPLE[1:]]
    answers = all_at_once(browsers, 20)
    assert ends(answers) == 1
    assert {one.status_code for one in answers} <= {303, 409, 410, 503}
    assert any("別のご登録に使われています" in one.text for one in answers)
