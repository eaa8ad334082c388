"""Members by SCIM: added, read, replaced; the same again changes nothing (RFC 7644 3.3 to 3.6)."""

from __future__ import annotations

import json

from tests.provisioning.scim import MEMBERSHIP, Core, a_user, new_number, refused
from tests.support.demo import Demo


def test_a_member_is_added_and_read_back(core: Core, reader: Core, demo: Demo) -> None:
    sent = a_user(new_number(), externalId="core-17")
    answer = core.send("POST", "/Users", sent)
    assert answer.status_code == 201
    made = answer.json()
    number = sent["userName"]
    assert answer.headers["Location"] == made["meta"]["location"] == f"{core.base}/Users/{number}"
    assert answer.headers["ETag"] == made["meta"]["version"]
    assert made["id"] == made["userName"] == number
    assert made["active"] is True
    assert made["externalId"] == "core-17"
    assert made["name"]["formatted"] == "見本\u3000太郎"
    assert made["addresses"][0]["formatted"] == "〒000-0000\n東京都架空市\n見本町1-1-1"
    assert made[MEMBERSHIP] == sent[MEMBERSHIP]
    assert reader.send("GET", f"/Users/{number}").json() == made
    shown = json.loads(demo.idp("member", "show", number, "--format", "json").stdout)
    assert shown["standing"] == "member"


def test_adding_the_same_member_again_is_a_conflict(core: Core) -> None:
    sent = a_user(new_number())
    assert core.send("POST", "/Users", sent).status_code == 201
    refused(core.send("POST", "/Users", sent), 409, "uniqueness")


def test_replacing_with_what_is_known_changes_nothing(core: Core) -> None:
    sent = a_user(new_number())
    made = core.send("POST", "/Users", sent).json()
    again = core.send("PUT", f"/Users/{made['id']}", sent)
    assert again.status_code == 200
    assert again.json() == made
    # What was read may be sent back as it is: what is read-only is passed over.
    assert core.send("PUT", f"/Users/{made['id']}", made).json() == made


def test_replacing_clears_what_is_left_out(core: Core) -> None:
    made = core.create(externalId="x")
    sent = a_user(made["id"])
    del sent["emails"], sent["phoneNumbers"], sent["addresses"]
    changed = core.send("PUT", f"/Users/{made['id']}", sent).json()
    assert not {"emails", "phoneNumbers", "addresses", "externalId"} & changed.keys()
    assert changed["meta"]["version"] != made["meta"]["version"]


def test_the_member_number_stays(core: Core) -> None:
    made = core.create()
    refused(core.send("PUT", f"/Users/{made['id']}", a_user(new_number())), 400, "mutability")
    operation = {"op": "replace", "path": "userName", "value": new_number()}
    refused(core.patch(made["id"], operation), 400, "mutability")


def test_a_member_is_never_deleted(core: Core) -> None:
    made = core.create()
    told = refused(core.send("DELETE", f"/Users/{made['id']}"), 403)
    assert "capitalRefundedOn" in told
    assert core.send("GET", f"/Users/{made['id']}").status_code == 200
    refused(core.send("DELETE", f"/Users/{new_number()}"), 404)


def test_active_follows_from_the_dates_and_cannot_be_set(core: Core) -> None:
    made = core.create(active=False)
    assert made["active"] is True
    refused(
        core.patch(made["id"], {"op": "replace", "path": "active", "value": False}),
        400,
        "mutability",
    )
    sent = a_user(made["id"])
    sent[MEMBERSHIP] |= {"withdrawalAcceptedOn": "2020-01-10", "refundPlannedOn": "2020-07-31"}
    assert core.send("PUT", f"/Users/{made['id']}", sent).json()["active"] is False
    del sent[MEMBERSHIP]["capitalPaidOn"]
    assert core.send("PUT", f"/Users/{made['id']}", sent).json()["active"] is False


def test_a_dated_change_becomes_visible_on_its_day(core: Core) -> None:
    made = core.create()
    later = a_user(made["id"], name={"familyName": "例示", "givenName": "太郎"})
    later[MEMBERSHIP] |= {"familyNameKana": "レイジ", "effectiveOn": "2199-04-01"}
    answer = core.send("PUT", f"/Users/{made['id']}", later)
    assert answer.status_code == 200
    assert answer.json()["name"]["familyName"] == "見本"
    assert "effectiveOn" not in answer.text
    version = answer.headers["ETag"]
    assert version != made["meta"]["version"]
    assert core.send("PUT", f"/Users/{made['id']}", later).headers["ETag"] == version
    # Another change from a later day keeps the name of that day.
    telephone = {"op": "replace", "path": "phoneNumbers", "value": [{"value": "090-0000-0999"}]}
    day = {"op": "add", "path": f"{MEMBERSHIP}:effectiveOn", "value": "2199-05-01"}
    assert core.patch(made["id"], telephone, day).status_code == 200
    assert (
        core.patch(made["id"], telephone, day).headers["ETag"]
        == core.send("GET", f"/Users/{made['id']}").headers["ETag"]
    )


def test_the_values_follow_the_rules_of_the_file(core: Core) -> None:
    made = core.create(phoneNumbers=[{"value": "tel:+81-90-0000-0777"}])
    assert made["phoneNumbers"][0]["value"] == "+819000000777"
    sent = a_user(made["id"])
    sent[MEMBERSHIP] |= {
        "birthDate": "昭和25年4月1日",
        "familyNameKana": "ﾐﾎﾝ",
        "employment": "退職",
    }
    changed = core.send("PUT", f"/Users/{made['id']}", sent).json()[MEMBERSHIP]
    assert changed["birthDate"] == "1950-04-01"
    assert changed["familyNameKana"] == "ミホン"
    assert changed["employment"] == "retired"
    sent[MEMBERSHIP]["birthDate"] = "平成元年2月30日"
    told = refused(core.send("PUT", f"/Users/{made['id']}", sent), 400, "invalidValue")
    assert f"{MEMBERSHIP}:birthDate" in told


def test_carrier_addresses_of_the_policy_are_taken(core: Core) -> None:
    made = core.create(emails=[{"value": "taro..yamada.@docomo.ne.jp"}])
    assert made["emails"] == [
        {"value": "taro..yamada.@docomo.ne.jp", "type": "home", "primary": True}
    ]
