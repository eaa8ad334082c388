"""PATCH and entity tags (RFC 7644 3.5.2, 3.14; RFC 9110 13.1)."""

from __future__ import annotations

import pytest

from tests.provisioning.scim import MEMBERSHIP, PATCH, Core, a_user, refused

CHANGES = {
    "one attribute": (
        {"op": "replace", "path": "name.familyName", "value": "例示"},
        lambda user: user["name"]["familyName"] == "例示",
    ),
    "without a path": (
        {"op": "replace", "value": {"externalId": "e-1", "name": {"familyName": "例示"}}},
        lambda user: (user["externalId"], user["name"]["givenName"]) == ("e-1", "太郎"),
    ),
    "of the extension": (
        {"op": "replace", "path": f"{MEMBERSHIP}:refundPlannedOn", "value": "令和99年7月31日"},
        lambda user: user[MEMBERSHIP]["refundPlannedOn"] == "2117-07-31",
    ),
    "added": (
        {"op": "add", "path": f"{MEMBERSHIP}:nameInUse", "value": "みほん太郎"},
        lambda user: user[MEMBERSHIP]["nameInUse"] == "みほん太郎",
    ),
    "removed": (
        {"op": "remove", "path": "addresses"},
        lambda user: "addresses" not in user,
    ),
    "chosen by value": (
        {"op": "replace", "path": 'emails[type eq "home"].value', "value": "new@mihon.example"},
        lambda user: user["emails"][0]["value"] == "new@mihon.example",
    ),
    "removed by value": (
        {"op": "remove", "path": 'emails[type eq "home"]'},
        lambda user: "emails" not in user,
    ),
    "Op in capitals": (
        {"op": "Replace", "path": "EXTERNALID", "value": "e-2"},
        lambda user: user["externalId"] == "e-2",
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_member_is_patched_and_the_same_again_changes_nothing(core: Core, kind: str) -> None:
    operation, right = CHANGES[kind]
    made = core.create()
    answer = core.patch(made["id"], operation)
    assert answer.status_code == 200, answer.text
    assert right(answer.json()), answer.json()
    assert answer.headers["ETag"] != made["meta"]["version"]
    assert core.send("GET", f"/Users/{made['id']}").json() == answer.json()
    if "removed by value" not in kind:
        assert core.patch(made["id"], operation).headers["ETag"] == answer.headers["ETag"]


BAD = {
    "a read-only attribute": (
        {"op": "replace", "path": "meta.created", "value": "2020-01-01T00:00:00Z"},
        "mutability",
    ),
    "the id": ({"op": "replace", "path": "id", "value": "00000001"}, "mutability"),
    "an unknown attribute": ({"op": "add", "path": "nickName", "value": "x"}, "invalidPath"),
    "a password": ({"op": "add", "value": {"password": "x"}}, "invalidValue"),
    "a filter that fits nothing": (
        {"op": "replace", "path": 'emails[type eq "fax"].value', "value": "a@mihon.example"},
        "noTarget",
    ),
    "a second address": (
        {"op": "add", "path": "emails", "value": [{"value": "b@mihon.example"}]},
        "invalidValue",
    ),
    "the birth date taken away": (
        {"op": "remove", "path": f"{MEMBERSHIP}:birthDate"},
        "mutability",
    ),
    "the extension taken away": ({"op": "remove", "path": MEMBERSHIP}, "mutability"),
    "a date that never was": (
        {"op": "replace", "path": f"{MEMBERSHIP}:capitalPaidOn", "value": "2021-02-29"},
        "invalidValue",
    ),
    "a wrong type": ({"op": "replace", "path": "name.familyName", "value": 7}, "invalidValue"),
    "an unknown operation": ({"op": "move", "path": "externalId", "value": "x"}, "invalidValue"),
    "removal without a path": ({"op": "remove"}, "noTarget"),
    "a path that is none": ({"op": "add", "path": "emails[", "value": "x"}, "invalidPath"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_operation_changes_nothing(core: Core, kind: str) -> None:
    operation, scim_type = BAD[kind]
    made = core.create()
    good = {"op": "replace", "path": "externalId", "value": "not applied"}
    refused(core.patch(made["id"], good, operation), 400, scim_type)
    assert core.send("GET", f"/Users/{made['id']}").json() == made


def test_a_change_of_what_changed_meanwhile_is_refused(core: Core) -> None:
    made = core.create()
    path, seen = f"/Users/{made['id']}", made["meta"]["version"]
    operation = {"op": "replace", "path": "externalId", "value": "first"}
    first = core.patch(made["id"], operation, If_Match=seen)
    assert first.status_code == 200
    refused(core.patch(made["id"], operation, If_Match=seen), 412)
    refused(core.send("PUT", path, a_user(made["id"]), If_Match=seen), 412)
    now = first.headers["ETag"]
    assert core.send("PUT", path, a_user(made["id"]), If_Match=f'"x", {now}').status_code == 200
    assert core.patch(made["id"], operation, If_Match="*").status_code == 200


def test_what_is_known_already_is_not_sent_again(core: Core) -> None:
    made = core.create()
    path, version = f"/Users/{made['id']}", made["meta"]["version"]
    known = core.send("GET", path, If_None_Match=version)
    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["ETag"] == version
    assert core.send("GET", path, If_None_Match='W/"other"').status_code == 200


def test_a_patch_of_nobody_is_not_found(core: Core) -> None:
    for number in ("99999999", "x", "1", "٠٠٠٠٠٠٠١", "00000001%00", "%ff"):
        content = {"schemas": [PATCH], "Operations": [{"op": "remove", "path": "externalId"}]}
        refused(core.send("PATCH", f"/Users/{number}", content), 404)
