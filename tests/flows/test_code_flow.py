"""The code flow through HTTP, as a first-party public client does it: the shortest whole story."""

from tests.support.demo import Demo
from tests.support.parties import card_of
from tests.support.relying_party import Browser


def test_a_member_signs_in_and_the_client_reads_the_claims(demo: Demo) -> None:
    """Row 35: RFC 7636 4.2."""
    card = card_of(demo)
    member = demo.member()
    tokens = card.sign_in(
        Browser(demo.issuer),
        member["email"],
        member["password"],
        scope="openid profile offline_access",
    )
    claims = card.userinfo(tokens["access_token"]).json()
    assert claims["member_number"] == member["number"]
    refreshed = card.refresh(tokens["refresh_token"]).json()
    assert refreshed["refresh_token"] != tokens["refresh_token"]
