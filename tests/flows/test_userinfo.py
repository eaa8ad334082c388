"""UserInfo: the claims of a living access token, by scope, and only from header or body."""

import pytest
import requests

from tests.flows.journey import signed_in, tokens_for
from tests.support.demo import Demo
from tests.support.parties import party
from tests.support.relying_party import claims_of

PROFILE = {
    "name",
    "family_name",
    "given_name",
    "name#ja-Hani-JP",
    "family_name#ja-Hani-JP",
    "given_name#ja-Hani-JP",
    "name#ja-Kana-JP",
    "family_name#ja-Kana-JP",
    "given_name#ja-Kana-JP",
    "member_number",
    "locale",
    "zoneinfo",
    "updated_at",
}


def claims(demo: Demo, scope: str, index: int = 0) -> dict[str, object]:
    desk = party(demo, "desk")
    tokens = tokens_for(signed_in(demo, index), desk, scope=scope)
    found = desk.userinfo(tokens["access_token"])
    assert found.status_code == 200
    assert found.headers["Content-Type"] == "application/json"
    assert found.headers["Cache-Control"] == "no-store"
    content: dict[str, object] = found.json()
    assert content["sub"] == claims_of(tokens["id_token"])["sub"]
    return content


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("openid", set()),
        ("openid profile", PROFILE),
        ("openid email", {"email", "email_verified"}),
        ("openid address", {"address"}),
        ("openid phone", {"phone_number", "phone_number_verified"}),
        (
            "openid profile email address phone",
            PROFILE
            | {"email", "email_verified", "address", "phone_number"}
            | {"phone_number_verified"},
        ),
    ],
)
def test_a_scope_opens_exactly_its_claims(demo: Demo, scope: str, names: set[str]) -> None:
    """Row 83: Core 5.1."""
    assert set(claims(demo, scope)) == {"sub"} | names


def test_the_values_are_of_their_types_and_of_the_register(demo: Demo) -> None:
    """Row 83: Core 5.1."""
    found, member = claims(demo, "openid profile email address phone"), demo.member()
    assert found["name"] == "見本　太郎"
    assert (found["family_name"], found["given_name"]) == ("見本", "太郎")
    assert found["name#ja-Kana-JP"] == "ミホン　タロウ"
    assert found["member_number"] == member["number"]
    assert (found["email"], found["email_verified"]) == (member["email"], True)
    assert found["phone_number"] == "+819000000101"
    assert isinstance(found["updated_at"], int)
    address = found["address"]
    assert isinstance(address, dict)
    assert address["postal_code"] == "000-0000"
    assert address["region"] == "東京都"
    assert address["formatted"].startswith("〒000-0000")
    assert all(value not in (None, "") for value in found.values())


def test_rare_characters_and_mononyms_come_as_they_are(demo: Demo) -> None:
    """Row 84: Core 5.3.2."""
    by_number = {m["number"]: i for i, m in enumerate(_members(demo))}
    rare = claims(demo, "openid profile", by_number["00000105"])
    assert rare["family_name"] == "髙例"
    single = claims(demo, "openid profile", by_number["00000107"])
    assert single["name"] == "サンプリナ"
    assert "given_name" not in single


def test_a_leaving_member_is_told_the_end(demo: Demo) -> None:
    desk = party(demo, "desk")
    tokens = tokens_for(signed_in(demo, 0, "leaving"), desk, scope="openid profile")
    assert desk.userinfo(tokens["access_token"]).json()["membership_ends_on"].endswith("-07-31")


def test_a_token_comes_by_header_or_by_body_with_get_and_post(demo: Demo) -> None:
    """Rows 78, 79: Core 5.3; RFC 6750 2.2."""
    token = tokens_for(signed_in(demo), party(demo, "desk"), scope="openid")["access_token"]
    url, header = demo.issuer + "/userinfo", {"Authorization": f"Bearer {token}"}
    answers = [
        requests.get(url, headers=header, timeout=30),
        requests.get(url, headers={"Authorization": f"bearer  {token} "}, timeout=30),
        requests.post(url, headers=header, timeout=30),
        requests.post(url, data={"access_token": token}, timeout=30),
    ]
    assert [a.status_code for a in answers] == [200] * 4
    assert len({a.text for a in answers}) == 1


def test_a_token_in_the_query_is_not_even_looked_at(demo: Demo) -> None:
    """Row 79: RFC 6750 2.2."""
    token = tokens_for(signed_in(demo), party(demo, "desk"), scope="openid")["access_token"]
    for method in ("GET", "POST"):
        refused = requests.request(
            method, f"{demo.issuer}/userinfo?access_token={token}", timeout=30
        )
        assert refused.status_code == 401
        assert "error" not in refused.headers["WWW-Authenticate"]


def test_two_tokens_at_once_are_refused(demo: Demo) -> None:
    token = tokens_for(signed_in(demo), party(demo, "desk"), scope="openid")["access_token"]
    refused = requests.post(
        demo.issuer + "/userinfo",
        data={"access_token": token},
        timeout=30,
        headers={"Authorization": f"Bearer {token}"},
    )
    assert refused.status_code == 400
    assert refused.json()["error"] == "invalid_request"


def test_without_a_token_the_challenge_says_no_error(demo: Demo) -> None:
    """Row 82: Core 5.3.3."""
    for header in ({}, {"Authorization": "Bearer"}, {"Authorization": "Basic eDp5"}):
        refused = requests.get(demo.issuer + "/userinfo", headers=header, timeout=30)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith('Bearer realm="')
        assert "error" not in refused.headers["WWW-Authenticate"]


def test_every_mutilated_token_is_unknown(demo: Demo) -> None:
    """Row 82: Core 5.3.3."""
    desk = party(demo, "desk")
    tokens = tokens_for(signed_in(demo), desk)
    token = tokens["access_token"]
    flipped = ("A" if token[0] != "A" else "B") + token[1:]
    mutilated = [
        token[:-1],
        token[1:],
        token + "A",
        token[:20],
        flipped,
        token.swapcase(),
        token + "=",
        tokens["refresh_token"],
        tokens["id_token"],
        "x" * 5000,
    ]
    for text in mutilated:
        refused = requests.get(
            demo.issuer + "/userinfo",
            timeout=30,
            headers={"Authorization": f"Bearer {text}".encode()},
        )
        assert refused.status_code == 401, text[:60]
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert desk.userinfo(token).status_code == 200


def _members(demo: Demo) -> list[dict[str, str]]:
    return [m for m in demo.facts["members"] if m["standing"] == "member" and m["password"]]
