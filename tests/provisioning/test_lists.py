"""Filters, pages and chosen attributes (RFC 7644 3.4.2, 3.4.3, 3.9)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.provisioning.scim import SEARCH, USER, Core, new_number, refused


def numbers(answer: dict[str, object]) -> list[str]:
    found = answer["Resources"]
    assert isinstance(found, list)
    return [user["userName"] for user in found]


def test_filters_find_exactly_what_they_say(core: Core) -> None:
    one = core.create(externalId=f"ext-{new_number()}", emails=[{"value": "Who@mihon.example"}])
    other = core.create(externalId=f"ext-{new_number()}")
    name = one["userName"]
    for text in (
        f'userName eq "{name}"',
        f'USERNAME EQ "{name}"',
        f'id eq "{name}"',
        f'{USER}:userName eq "{name}"',
        f'externalId eq "{one["externalId"]}"',
        f'userName eq "{name}" and active eq true',
        f'emails.value eq "who@MIHON.example" and userName eq "{name}"',
        f'(userName eq "{name}" or userName eq "x") and (active eq true or active eq false)',
    ):
        assert numbers(core.find(text)) == [name], text
    both = f'userName eq "{name}" or externalId eq "{other["externalId"]}"'
    assert numbers(core.find(both)) == sorted([name, other["userName"]])
    assert numbers(core.find(f'userName eq "{name}" and active eq false')) == []
    assert core.find('userName eq "x"')["totalResults"] == 0


def test_what_changed_since_is_found(core: Core) -> None:
    made = core.create()
    at = datetime.fromisoformat(made["meta"]["lastModified"])
    selects = 'userName eq "{}" and meta.lastModified {} "{}"'
    before = (at - timedelta(seconds=1)).isoformat()
    name = made["userName"]
    assert numbers(core.find(selects.format(name, "gt", before))) == [name]
    assert numbers(core.find(selects.format(name, "ge", made["meta"]["lastModified"]))) == [name]
    assert numbers(core.find(selects.format(name, "gt", made["meta"]["lastModified"]))) == []


@pytest.mark.parametrize(
    "text",
    [
        'userName co "1"',
        'userName ne "1"',
        "userName pr",
        'not (userName eq "1")',
        'name.familyName eq "x"',
        'emails[type eq "home"]',
        'password eq "x"',
        'meta.lastModified gt "yesterday"',
        'meta.lastModified gt "2026-01-01T00:00:00"',
        'active eq "true"',
        "userName eq 17",
        "userName eq",
        '"',
        "(" * 4000,
        'userName eq "\\ud800"',
        " or ".join(['userName eq "1"'] * 101),
        'urn:other:userName eq "1"',
    ],
)
def test_what_is_not_offered_is_refused_and_never_answered_wrongly(core: Core, text: str) -> None:
    refused(
        core.send("POST", "/Users/.search", {"schemas": [SEARCH], "filter": text}),
        400,
        "invalidFilter",
    )


def test_pages_hold_everybody_once(core: Core) -> None:
    made = [core.create()["userName"] for _ in range(5)]
    text = " or ".join(f'userName eq "{name}"' for name in made)
    seen: list[str] = []
    for start in (1, 3, 5):
        page = core.find(text, startIndex=str(start), count="2")
        assert (page["totalResults"], page["startIndex"]) == (5, start)
        seen += numbers(page)
    assert seen == sorted(made)
    assert core.find(text, count="0")["itemsPerPage"] == 0
    assert numbers(core.find(text, startIndex="-7", count="1")) == sorted(made)[:1]
    assert numbers(core.find(text, startIndex="6")) == []
    assert numbers(core.find(text, count="-1")) == []


def test_only_chosen_attributes_are_answered(core: Core) -> None:
    made = core.create()
    path = f"/Users/{made['id']}"
    chosen = core.send("GET", f"{path}?attributes=userName,name.familyName").json()
    assert chosen.keys() == {"schemas", "id", "userName", "name"}
    assert chosen["name"] == {"familyName": "見本"}
    left = core.send("GET", f"{path}?excludedAttributes=emails,addresses").json()
    assert not {"emails", "addresses"} & left.keys()
    refused(core.send("GET", f"{path}?attributes=id&excludedAttributes=name"), 400, "invalidValue")


@pytest.mark.parametrize(
    "query", ["sortBy=userName", "cursor=", "count=x", "startIndex=1.5", "page=2"]
)
def test_parameters_that_are_not_offered_are_refused(core: Core, query: str) -> None:
    answer = core.send("GET", f"/Users?{query}")
    if query == "cursor=":  # sent without a value: not sent (RFC 6749 3.1, kept for all machines)
        assert answer.status_code == 200
        return
    assert answer.status_code == 400, answer.text
