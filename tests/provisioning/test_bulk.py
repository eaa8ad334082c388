"""Bulk requests: each operation its own status, none twice (RFC 7644 3.7)."""

from __future__ import annotations

from typing import Any

from tests.provisioning.scim import BULK, PATCH, Core, a_user, new_number, refused


def post(number: str, bulk_id: str = "a", **more: Any) -> dict[str, Any]:
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": a_user(number, **more)}


def put(number: str, **more: Any) -> dict[str, Any]:
    return {"method": "PUT", "path": f"/Users/{number}", "data": a_user(number, **more)}


def statuses(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [operation["status"] for operation in answer.json()["Operations"]]


def test_each_operation_has_its_own_outcome(core: Core) -> None:
    one, two, three = new_number(), new_number(), new_number()
    answer = core.bulk(
        post(one, "a"),
        post(two, "b", name={"familyName": "花\ue000"}),
        put(three),
        {
            "method": "PATCH",
            "path": "/Users/bulkId:a",
            "data": {
                "schemas": [PATCH],
                "Operations": [{"op": "add", "path": "externalId", "value": "by-bulk"}],
            },
        },
        {"method": "DELETE", "path": f"/Users/{one}"},
        {"method": "PUT", "path": "/Users/bulkId:b", "data": a_user(two)},
        post(one, "c"),
        {"method": "GET", "path": f"/Users/{one}"},
        7,
    )
    assert statuses(answer) == ["201", "400", "404", "200", "403", "400", "409", "400", "400"]
    told = answer.json()["Operations"]
    assert told[0]["location"] == f"{core.base}/Users/{one}"
    assert told[3]["version"] == core.send("GET", f"/Users/{one}").headers["ETag"]
    assert "gaiji" in told[1]["response"]["detail"]
    assert core.find(f'userName eq "{two}"')["totalResults"] == 0


def test_the_same_request_again_changes_nothing(core: Core) -> None:
    names = [new_number() for _ in range(30)]
    assert set(statuses(core.bulk(*(post(n, n) for n in names)))) == {"201"}
    before = core.bulk(*(put(n) for n in names)).json()
    assert core.bulk(*(put(n) for n in names)).json() == before
    assert set(statuses(core.bulk(*(post(n, n) for n in names)))) == {"409"}


def test_it_stops_after_as_many_errors_as_were_allowed(core: Core) -> None:
    missing, there = new_number(), new_number()
    sent = [put(missing), post(there), put(missing), post(new_number(), "b")]
    assert statuses(core.bulk(*sent, failOnErrors=2)) == ["404", "201", "404"]
    assert statuses(core.bulk(put(missing), put(there), failOnErrors=1)) == ["404"]


def test_a_version_that_is_over_is_refused_alone(core: Core) -> None:
    made = core.create()
    old = made["meta"]["version"]
    first = put(made["id"], externalId="x") | {"version": old}
    again = put(made["id"], externalId="y") | {"version": old}
    assert statuses(core.bulk(first, again)) == ["200", "412"]


def test_what_is_no_bulk_request_is_refused_whole(core: Core) -> None:
    refused(core.send("POST", "/Bulk", {"schemas": [BULK]}), 400, "invalidSyntax")
    refused(core.send("POST", "/Bulk", {"Operations": []}), 400, "invalidSyntax")
    refused(core.bulk(put(new_number()), failOnErrors=0), 400, "invalidValue")
    refused(core.bulk(put(new_number()), failOnErrors="1"), 400, "invalidValue")
    refused(core.bulk(*([{"method": "DELETE", "path": "/Users/1"}] * 1001)), 413)
    assert core.bulk().json()["Operations"] == []
