"""Signing: every algorithm against joserfc, headers, what cannot be signed (keys.signer)."""

import json
from datetime import datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet as JoseKeySet
from joserfc.jws import JWSRegistry

from keys.encoding import decode
from keys.errors import NoActiveKey, UnsignableClaims
from keys.folder import FolderHome
from keys.master import MasterKeys
from keys.ring import RotationRules
from keys.signer import Signer
from keys.vault import Vault

ALGS = ("ES256", "Ed25519", "PS256", "RS256")
CLAIMS = {"iss": "https://id.mihon.example", "name": "見本 花子", "exp": 1, "nested": {"a": [1.5]}}


@pytest.fixture(scope="module")
def all_algs(tmp_path_factory: pytest.TempPathFactory, master: MasterKeys, now: datetime) -> Vault:
    vault = Vault(FolderHome(tmp_path_factory.mktemp("all") / "keys"), master)
    vault.rotate(now, RotationRules(ALGS))
    return vault


@pytest.mark.parametrize("alg", ALGS)
def test_joserfc_verifies_every_algorithm_by_the_published_set(alg: str, all_algs: Vault) -> None:
    keys = JoseKeySet.import_key_set(json.loads(all_algs.snapshot().jwks))
    signer = Signer(all_algs.snapshot)
    for number in range(20):  # r or s is short in one of 128 ES256 signatures
        text = signer.sign_jwt({**CLAIMS, "n": number}, alg)
        token = jwt.decode(text, keys, registry=JWSRegistry(algorithms=[alg]))
        assert token.claims == {**CLAIMS, "n": number}
        kid = all_algs.snapshot().active(alg).kid
        assert token.header == {"alg": alg, "kid": kid, "typ": "JWT"}


def test_es256_signatures_are_always_64_bytes(all_algs: Vault) -> None:
    key = all_algs.snapshot().active("ES256")
    assert {len(key.sign(b"%d" % n)) for n in range(600)} == {64}


def test_types_are_kept_apart(all_algs: Vault) -> None:
    signer = Signer(all_algs.snapshot)
    for typ in ("at+jwt", "logout+jwt", None, "JWT", "at+jwt"):
        header = json.loads(decode(signer.sign_jwt({}, "ES256", typ).split(".")[0]))
        assert header.get("typ") == typ
        assert ("typ" in header) == (typ is not None)


def test_a_rotation_is_followed_at_the_next_signature(
    vault: Vault, rules: RotationRules, now: datetime
) -> None:
    signer = Signer(vault.snapshot)

    def kid() -> str:
        return str(json.loads(decode(signer.sign_jwt({}, "ES256").split(".")[0]))["kid"])

    first = kid()
    vault.commit(vault.prepare(now + timedelta(days=91), rules, compromised=[first]))
    assert kid() != first
    assert kid() == vault.snapshot().active("ES256").kid


def test_many_keys_do_not_fill_the_memory(all_algs: Vault) -> None:
    signer = Signer(all_algs.snapshot)
    for number in range(600):
        signer.sign_jwt({}, "Ed25519", f"t{number}")
    assert len(signer._headers) <= 256


def test_without_a_key_nothing_is_signed(vault: Vault) -> None:
    for alg in ("RS256", "none", "HS256", ""):
        with pytest.raises(NoActiveKey):
            Signer(vault.snapshot).sign_jwt({}, alg)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "\ud800", b"bytes", timedelta(1), {1}, object()]
)
def test_claims_that_not_everybody_reads_alike_are_refused(vault: Vault, value: object) -> None:
    with pytest.raises(UnsignableClaims):
        Signer(vault.snapshot).sign_jwt({"claim": value}, "ES256")


def test_claims_that_contain_themselves_are_refused(vault: Vault) -> None:
    loop: dict[str, object] = {}
    loop["self"] = loop
    with pytest.raises(UnsignableClaims):
        Signer(vault.snapshot).sign_jwt(loop, "ES256")
