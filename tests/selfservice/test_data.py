"""The download of one's own data: complete, nobody else's, provable with the published keys."""

from __future__ import annotations

import io
import json
import re
import zipfile

import requests
from joserfc import jws
from joserfc.jwk import KeySet

from tests.selfservice.house import House, Person, post_form

PAGE = "/account/data"


def test_the_file_is_signed_and_holds_what_we_keep(house: House) -> None:
    person, other = house.person(), house.person()
    house.signed_in(other)
    browser = house.signed_in(person)
    answer = post_form(browser, PAGE, "download", {})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    name = answer.headers["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="kumiai-id-[0-9]{8}\.zip"', name)
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.namelist() == ["data.json", "data.jws", "README.txt"]
    content = json.loads(archive.read("data.json"))
    keys = KeySet.import_key_set(requests.get(house.demo.issuer + "/jwks", timeout=30).json())
    signed = jws.deserialize_compact(archive.read("data.jws").decode(), keys)
    assert json.loads(signed.payload) == content
    assert signed.headers()["typ"] == "kumiai-data+jws", "no token of any other kind"
    assert not {"aud", "iss", "sub", "exp"} & set(content)
    assert content["member"]["member_number"] == person.number
    assert content["account"]["address"] == person.email
    assert [event["name"] for event in content["history"]] == ["session.started", "account.created"]
    assert content["history_complete"] is True
    text = archive.read("data.json").decode()
    assert other.number not in text
    assert "argon2" not in text
    assert house.events(person, "data.downloaded") == 1


def test_looking_at_the_page_downloads_nothing(house: House, person: Person) -> None:
    browser = house.signed_in(person)
    assert browser.get(PAGE).headers["Content-Type"].startswith("text/html")
    assert house.events(person, "data.downloaded") == 0
