"""The published key set: public members only, steady order (keys.jwks)."""

import json
from dataclasses import replace
from itertools import permutations

import pytest

from keys import jwks
from keys.errors import BrokenRing
from keys.record import KeyState
from keys.vault import Vault

PUBLIC = {
    "EC": {"kty", "crv", "x", "y", "alg", "kid", "use"},
    "OKP": {"kty", "crv", "x", "alg", "kid", "use"},
}


def test_every_key_has_exactly_the_public_members(vault: Vault) -> None:
    """Row 73: Core 10.1."""
    keys = json.loads(vault.snapshot().jwks)["keys"]
    assert len(keys) == 4
    for key in keys:
        assert key.keys() == PUBLIC[key["kty"]]
        assert key["use"] == "sig"
    assert len({key["kid"] for key in keys}) == 4


def test_announced_active_and_retiring_are_published_retired_and_compromised_not(
    vault: Vault,
) -> None:
    """Row 74: Core 10.1.1."""
    first, *rest = vault.snapshot().records
    for state in KeyState:
        document = jwks.document([replace(first, state=state), *rest])
        assert (first.kid.encode() in document) == (state is not KeyState.RETIRED)
    lost = replace(first, compromised_at=first.announced_at)
    assert first.kid.encode() not in jwks.document([lost, *rest])


def test_the_order_is_steady_and_active_keys_come_first(vault: Vault) -> None:
    keyset = vault.snapshot()
    assert {jwks.document(order) for order in permutations(keyset.records)} == {keyset.jwks}
    kids = [key["kid"] for key in json.loads(keyset.jwks)["keys"]]
    assert set(kids[:2]) == {keyset.active(alg).kid for alg in keyset.algs}


def test_private_members_in_a_record_have_no_way_out(vault: Vault) -> None:
    first, *rest = vault.snapshot().records
    leaky = replace(first, public_jwk={**first.public_jwk, "d": "c2VjcmV0", "k": "c2VjcmV0"})
    assert b"c2VjcmV0" not in jwks.document([leaky, *rest])


@pytest.mark.parametrize("jwk", [{}, {"kty": "oct", "k": "AA"}, {"kty": "EC", "crv": "P-256"}])
def test_an_incomplete_public_part_is_an_error(vault: Vault, jwk: dict[str, str]) -> None:
    first, *_ = vault.snapshot().records
    with pytest.raises(BrokenRing, match=first.kid):
        jwks.document([replace(first, public_jwk=jwk)])
